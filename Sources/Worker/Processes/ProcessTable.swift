import Model
import NIOConcurrencyHelpers
import NIOCore
import Store

/// The processes of one sandbox that this worker looks after, and lately did, by their ids and by their operations.
final class ProcessTable: Sendable {
    /// How long an ended process is remembered for a caller that asks again.
    static let retention = Duration.seconds(120)
    private static let retainedLimit = 512
    /// The most bytes of output that ended processes may keep for such callers.
    private static let tailBudget = 4 * 1024 * 1024

    fileprivate struct Shared {
        var processes: [ProcessID: OwnedProcess] = [:]
        var operations: [String: ProcessID] = [:]
        /// What has ended, oldest first.
        var ended = CircularBuffer<OwnedProcess>()
        /// Those of them that still have the output of an answer, oldest first, and how many bytes that is in all.
        var tailed = CircularBuffer<(process: OwnedProcess, bytes: Int)>()
        var tailBytes = 0
        var isClosed = false
    }

    enum Entry: Sendable {
        case new(OwnedProcess)
        /// The operation was asked for before.
        case known(OwnedProcess, isVerified: Bool)
    }

    private let operations: OperationTable
    private let metrics: ProcessMetrics
    private let shared = NIOLockedValueBox(Shared())

    /// - Parameter operations: Counts the foreground processes as activity.
    init(operations: OperationTable, metrics: ProcessMetrics) {
        self.operations = operations
        self.metrics = metrics
    }

    subscript(id: ProcessID) -> OwnedProcess? { shared.withLockedValue { $0.processes[id] } }

    /// Those that have not ended.
    var open: [OwnedProcess] { shared.withLockedValue { $0.processes.values.filter { $0.endedAt == nil } } }

    /// A new entry for an operation, or the one that it has.
    ///
    /// - Throws: `operation_conflict` when the operation was asked for with another body, or the id belongs to another.
    func enter(_ identity: ProcessIdentity, phase: OwnedProcess.Phase) throws -> Entry {
        try shared.withLockedValue { shared -> Entry in
            let byOperation = identity.operation.flatMap { shared.operations[$0] }
            if let known = shared.processes[byOperation ?? identity.id] {
                guard known.identity.operation == identity.operation else { throw Fault.operationConflict(known.id) }
                // Of what was taken over only the store knows what had been asked.
                guard let hash = known.identity.requestHash else { return .known(known, isVerified: false) }
                guard hash == identity.requestHash else { throw Fault.operationConflict(known.id) }
                return .known(known, isVerified: true)
            }
            guard !shared.isClosed else { throw Fault.moving }
            let process = make(identity, phase)
            shared.processes[identity.id] = process
            if let operation = identity.operation { shared.operations[operation] = identity.id }
            return .new(process)
        }
    }

    private func make(_ identity: ProcessIdentity, _ phase: OwnedProcess.Phase) -> OwnedProcess {
        let isActivity = identity.mode == .foreground
        if isActivity { operations.hold() }
        metrics.began()
        return OwnedProcess(identity, phase: phase) { [operations, metrics] in
            if isActivity { operations.letGo() }
            metrics.ended()
        }
    }

    /// Takes note that a process has ended.
    func hasEnded(_ process: OwnedProcess) {
        shared.withLockedValue { shared in
            shared.ended.append(process)
            if let tails = process.tails {
                let bytes = tails.stdout.storageCapacity + tails.stderr.storageCapacity
                shared.tailed.append((process, bytes))
                shared.tailBytes += bytes
            }
            while shared.tailBytes > Self.tailBudget { shared.dropOldestTails() }
            while shared.ended.count > Self.retainedLimit { shared.forgetOldest() }
        }
    }

    /// Forgets what nobody will ask for any more.
    func sweep(at now: ContinuousClock.Instant = .now) {
        shared.withLockedValue { shared in
            while let endedAt = shared.ended.first?.endedAt, now - endedAt >= Self.retention { shared.forgetOldest() }
        }
    }

    /// As if it had never been asked for.
    func remove(_ process: OwnedProcess) {
        shared.withLockedValue { $0.forget(process) }
    }

    /// Takes no new ones.
    func close() { shared.withLockedValue { $0.isClosed = true } }

    /// Stops looking after everything; what runs goes on.
    ///
    /// - Parameter limit: How long starts that are under way may take.
    func stop(within limit: Duration) async {
        close()
        let processes = shared.withLockedValue { Array($0.processes.values) }
        guard !processes.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                for process in processes { await process.stop(hurried: true) }
            }
            await withDiscardingTaskGroup { stopping in
                for process in processes { stopping.addTask { await process.stop(hurried: false) } }
            }
            group.cancelAll()
        }
    }
}

extension ProcessTable.Shared {
    fileprivate mutating func dropOldestTails() {
        let (process, bytes) = tailed.removeFirst()
        process.dropTails()
        tailBytes -= bytes
    }

    fileprivate mutating func forgetOldest() {
        let process = ended.removeFirst()
        if tailed.first?.process === process { dropOldestTails() }
        forget(process)
    }

    fileprivate mutating func forget(_ process: OwnedProcess) {
        if processes[process.id] === process { processes[process.id] = nil }
        if let operation = process.identity.operation, operations[operation] == process.id {
            operations[operation] = nil
        }
    }
}

extension Fault {
    /// An operation's id is bound to its request.
    static func operationConflict(_ process: ProcessID) -> Fault {
        Fault(
            .operationConflict,
            "The operation was asked for before, with another body.",
            hint: "Use a new operation id for another request.",
            details: ["processId": process.rawValue]
        )
    }
}
