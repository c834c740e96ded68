import Bus
import FoundationEssentials
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProcessOutput

@testable import Gateway
@testable import Store

/// Rows, records and signals of processes in memory, which a test writes as an owner would.
final class MemoryFleet: ProcessRows, OutputSource, EndSignals {
    private struct State {
        var rows: [ProcessID: ProcessRecord] = [:]
        var hashes: [ProcessID: [UInt8]] = [:]
        var records: [ProcessID: [ChunkBatch]] = [:]
        var followers: [ProcessID: [Int: AsyncStream<Void>.Continuation]] = [:]
        var listeners: [ProcessID: [Int: @Sendable () -> Void]] = [:]
        var lastNumber = 0
        var expired: Set<ProcessID> = []
        var reads = 0
        var listens = 0
        var announced: [ProcessID] = []
        /// What another gateway appends just before this one's next append.
        var intruder: ChunkBatch?
        var isUnavailable = false
    }

    private let state = NIOLockedValueBox(State())
    let sandbox: SandboxID = ID.new()
    let workspace: WorkspaceID

    init(workspace: WorkspaceID) {
        self.workspace = workspace
    }

    var reads: Int { state.withLockedValue { $0.reads } }
    var listens: Int { state.withLockedValue { $0.listens } }
    var listening: Int { state.withLockedValue { $0.listeners.values.reduce(0) { $0 + $1.count } } }
    var following: Int { state.withLockedValue { $0.followers.values.reduce(0) { $0 + $1.count } } }
    var announced: [ProcessID] { state.withLockedValue { $0.announced } }

    func processes() -> [ProcessRecord] { state.withLockedValue { Array($0.rows.values) } }

    /// A running row.
    @discardableResult
    func add(_ change: (inout ProcessRecord) -> Void = { _ in }) -> ProcessRecord {
        var record = ProcessRecord(
            id: ID.new(),
            sandbox: sandbox,
            workspace: workspace,
            kind: .command,
            mode: .background,
            isObserved: false,
            status: .running,
            outputOpen: false,
            command: "true",
            hasTerminal: false,
            storedLimit: 0,
            killsAtLimit: false,
            metadata: [:],
            stdoutBytes: 0,
            stderrBytes: 0,
            chunkCount: 0,
            outputState: .ok,
            startedAt: Date()
        )
        record.epoch = 1
        change(&record)
        put(record)
        return record
    }

    func put(_ record: ProcessRecord) {
        state.withLockedValue { $0.rows[record.id] = record }
    }

    /// Ends a row as its owner would, and tells it.
    func end(
        _ process: ProcessID,
        as status: ProcessStatus = .exited,
        signal: Bool = true,
        _ change: (inout ProcessRecord) -> Void = { _ in }
    ) {
        state.withLockedValue { state in
            guard var record = state.rows[process] else { return }
            record.status = status
            record.exitedAt = Date()
            record.exitCode = status == .exited ? 0 : nil
            if let position = state.records[process]?.last?.position {
                record.stdoutBytes = position.stdout
                record.stderrBytes = position.stderr
                record.chunkCount = position.sequence
                record.streamLast = 1
            }
            change(&record)
            state.rows[process] = record
        }
        if signal { tell(process) }
    }

    func tell(_ process: ProcessID) {
        let heard = state.withLockedValue { Array(($0.listeners[process] ?? [:]).values) }
        for hear in heard { hear() }
    }

    func store(_ batches: [ChunkBatch], of process: ProcessID) {
        let woken = state.withLockedValue { state in
            state.records[process, default: []] += batches
            return Array((state.followers[process] ?? [:]).values)
        }
        for follower in woken { follower.yield() }
    }

    func batches(of process: ProcessID) -> [ChunkBatch] { state.withLockedValue { $0.records[process] ?? [] } }

    /// Everything before now is gone.
    func expire(_ process: ProcessID) {
        state.withLockedValue { state in
            state.records[process] = []
            state.expired.insert(process)
        }
    }

    func intrude(with batch: ChunkBatch) {
        state.withLockedValue { $0.intruder = batch }
    }

    func becomeUnavailable() {
        state.withLockedValue { $0.isUnavailable = true }
    }
}

extension MemoryFleet {
    func noteKill(_ process: ProcessID, in workspace: WorkspaceID, actor: String) async throws {}

    func process(_ process: ProcessID, in workspace: WorkspaceID) async throws -> ProcessRecord? {
        state.withLockedValue { state in
            state.reads += 1
            return state.rows[process].flatMap { $0.workspace == workspace ? $0 : nil }
        }
    }

    func process(ofOperation operation: String, in sandbox: SandboxID) async throws -> ProcessRecord? {
        state.withLockedValue { $0.rows.values.first { $0.operation == operation && $0.sandbox == sandbox } }
    }

    func processes(
        of sandbox: SandboxID,
        in workspace: WorkspaceID,
        status: ProcessStatus?,
        kind: ProcessKind?,
        before cursor: ProcessID?,
        limit: Int
    ) async throws -> [ProcessRecord] {
        let rows = state.withLockedValue { Array($0.rows.values) }
        return Array(
            rows.filter { row in
                row.sandbox == sandbox && row.workspace == workspace && status.map { $0 == row.status } ?? true
                    && kind.map { $0 == row.kind } ?? true && cursor.map { row.id < $0 } ?? true
            }
            .sorted { $0.id > $1.id }
            .prefix(limit)
        )
    }

    func observeProcess(
        _ process: NewProcess,
        in sandbox: SandboxID,
        workspace: WorkspaceID,
        startedAt: Date?
    ) async throws -> ProcessInsertion? {
        guard sandbox == self.sandbox else { return nil }
        if let known = try await self.process(ofOperation: process.operation ?? "", in: sandbox) {
            let isSame = state.withLockedValue { $0.hashes[known.id] == process.requestHash }
            return isSame ? .existing(known) : .conflict(known)
        }
        let record = add { record in
            record.id = process.id
            record.command = process.command
            record.arguments = process.arguments
            record.isObserved = true
            record.epoch = nil
            record.operation = process.operation
            if let startedAt { record.startedAt = startedAt }
        }
        state.withLockedValue { $0.hashes[process.id] = process.requestHash }
        return .inserted(record)
    }

    func endObserved(
        _ process: ProcessID,
        in workspace: WorkspaceID,
        as end: ProcessEnd,
        output: OutputTotals,
        exitedAt: Date?,
        actor: String
    ) async throws -> ProcessRecord? {
        state.withLockedValue { state in
            guard var record = state.rows[process], record.isObserved else { return nil }
            guard record.isRunning else { return record }
            record.status = end.status
            record.exitCode = end.exitCode
            record.signal = end.signal
            record.reason = end.reason
            record.message = end.message
            record.stdoutBytes = output.stdoutBytes
            record.stderrBytes = output.stderrBytes
            record.chunkCount = output.chunkCount
            record.streamLast = output.streamLast
            record.exitedAt = exitedAt ?? Date()
            state.rows[process] = record
            return record
        }
    }
}

extension MemoryFleet {
    func tail(of process: ProcessRecord) async throws -> OutputTail? {
        try state.withLockedValue { state in
            if state.isUnavailable { throw OutputError.unavailable("test") }
            let batches = state.records[process.id] ?? []
            return batches.last.map { OutputTail(position: $0.position, streamSequence: UInt64(batches.count)) }
        }
    }

    func archivedPosition(of process: ProcessRecord) async throws -> OutputPosition? { nil }

    func stored(of process: ProcessRecord, from start: OutputReader.Start) -> any OutputPass {
        MemoryPass(fleet: self, process: process, start: start)
    }

    func follow(_ process: ProcessRecord, from sequence: UInt64) async throws -> any OutputFollowing {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLockedValue { state in
            state.lastNumber += 1
            state.followers[process.id, default: [:]][state.lastNumber] = continuation
            return state.lastNumber
        }
        return MemoryFollower(fleet: self, process: process, sequence: sequence, news: stream) { [state] in
            state.withLockedValue { _ = $0.followers[process.id]?.removeValue(forKey: number) }
            continuation.finish()
        }
    }

    func appender(for process: ProcessRecord, after tail: OutputTail?) -> any OutputAppending {
        MemoryAppender(fleet: self, process: process.id, tail: tail)
    }

    /// What a pass over the record gives at an index; nil when the record goes no further.
    fileprivate func batch(of process: ProcessID, from start: OutputReader.Start, after index: Int?) throws -> (Int, ChunkBatch)? {
        try state.withLockedValue { state in
            if state.isUnavailable { throw OutputError.unavailable("test") }
            if state.expired.contains(process) { throw OutputError.expired(upTo: 9) }
            let batches = state.records[process] ?? []
            let next =
                index.map { $0 + 1 }
                ?? batches.firstIndex { batch in
                    if batch.position.hasEnded { return true }
                    switch start {
                    case .sequence(let sequence): return batch.position.sequence >= sequence
                    case .offsets(let stdout, let stderr):
                        return stdout.map { batch.position.stdout > $0 } ?? false
                            || stderr.map { batch.position.stderr > $0 } ?? false
                    }
                }
            guard let next, next < batches.count else { return nil }
            return (next, batches[next])
        }
    }

    fileprivate func append(_ batch: ChunkBatch, to process: ProcessID, expecting count: UInt64) throws -> UInt64 {
        let stored = try state.withLockedValue { state in
            if let intruder = state.intruder {
                state.intruder = nil
                state.records[process, default: []].append(intruder)
            }
            let batches = state.records[process] ?? []
            guard UInt64(batches.count) == count else {
                let position = batches.last?.position ?? OutputPosition()
                throw OutputError.outdated(OutputTail(position: position, streamSequence: UInt64(batches.count)))
            }
            return count + 1
        }
        store([batch], of: process)
        return stored
    }
}

extension MemoryFleet {
    func listen(
        to process: ProcessID,
        in workspace: WorkspaceID,
        _ heard: @escaping @Sendable () -> Void
    ) async throws -> any EndListening {
        let number = state.withLockedValue { state in
            state.lastNumber += 1
            state.listens += 1
            state.listeners[process, default: [:]][state.lastNumber] = heard
            return state.lastNumber
        }
        return MemoryListening { [state] in
            state.withLockedValue { _ = $0.listeners[process]?.removeValue(forKey: number) }
        }
    }

    func announce(_ process: ProcessID, in workspace: WorkspaceID) throws {
        state.withLockedValue { $0.announced.append(process) }
        tell(process)
    }
}

private struct MemoryListening: EndListening {
    let end: @Sendable () -> Void

    func stop() { end() }
}

private actor MemoryPass: OutputPass {
    private let fleet: MemoryFleet
    private let process: ProcessRecord
    private let start: OutputReader.Start
    private var index: Int?

    init(fleet: MemoryFleet, process: ProcessRecord, start: OutputReader.Start) {
        self.fleet = fleet
        self.process = process
        self.start = start
    }

    func next() throws -> ChunkBatch? {
        guard let (index, batch) = try fleet.batch(of: process.id, from: start, after: index) else { return nil }
        self.index = index
        return batch
    }
}

private actor MemoryFollower: OutputFollowing {
    private let fleet: MemoryFleet
    private let process: ProcessRecord
    private var sequence: UInt64
    private var hasEnded = false
    private let news: AsyncStream<Void>
    private let isClosed = NIOLockedValueBox(false)
    private let leave: @Sendable () -> Void

    init(
        fleet: MemoryFleet,
        process: ProcessRecord,
        sequence: UInt64,
        news: AsyncStream<Void>,
        leave: @escaping @Sendable () -> Void
    ) {
        self.fleet = fleet
        self.process = process
        self.sequence = sequence
        self.news = news
        self.leave = leave
    }

    func next(within wait: Duration) async throws -> OutputFollower.Event {
        while true {
            if hasEnded { return .end }
            if let (_, batch) = try fleet.batch(of: process.id, from: .sequence(sequence), after: nil) {
                hasEnded = batch.position.hasEnded
                if batch.position.sequence >= sequence {
                    sequence = batch.position.sequence + 1
                    return .batch(batch)
                }
                continue
            }
            let news = news
            let came = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for await _ in news { return true }
                    return false
                }
                group.addTask {
                    try? await Task.sleep(for: wait)
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
            if Task.isCancelled || isClosed.withLockedValue({ $0 }) { throw CancellationError() }
            if !came { return .idle }
        }
    }

    nonisolated func close() {
        isClosed.withLockedValue { $0 = true }
        leave()
    }
}

private final class MemoryAppender: OutputAppending {
    private let fleet: MemoryFleet
    private let process: ProcessID
    private let count: NIOLockedValueBox<UInt64>

    init(fleet: MemoryFleet, process: ProcessID, tail: OutputTail?) {
        self.fleet = fleet
        self.process = process
        count = NIOLockedValueBox(tail?.streamSequence ?? 0)
    }

    func append(_ batch: ChunkBatch) async throws {
        let expected = count.withLockedValue { $0 }
        let stored = try fleet.append(batch, to: process, expecting: expected)
        count.withLockedValue { $0 = stored }
    }

    var firstStreamSequence: UInt64? { 1 }
    var lastStreamSequence: UInt64? { count.withLockedValue { $0 } }
}
