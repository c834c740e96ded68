import Model
import NIOConcurrencyHelpers
import Wire

/// The operations of one sandbox, by the id that their callers gave: asking twice attaches, never runs twice.
final class OperationTable: Sendable {
    /// How long a caller without a deadline may stay silent.
    static let patience = Duration.seconds(15)
    /// How long an answer is kept for a caller that asks again.
    static let retention = Duration.seconds(120)
    private static let retainedLimit = 1024

    /// What a repeat after the end means.
    enum Repeat: Sendable {
        /// It is answered from the first result, which is kept for a while.
        case answered
        /// It is done again: it changes nothing, or finds by itself what it did.
        case doneAgain
    }

    private struct Operation {
        /// Of the request that the id is bound to.
        var fingerprint: Int
        /// Nil once it has ended and is done again when asked again.
        var task: Task<WireSandboxReply, any Error>?
        /// When its caller will have gone: a deadline, or the newest poll and then some.
        var wantedUntil: ContinuousClock.Instant
        var endedAt: ContinuousClock.Instant?
    }

    private struct Shared {
        var operations: [String: Operation] = [:]
        /// Ended operations, oldest first, so that forgetting costs no search.
        var ended: [String] = []
        /// Operations whose cancellation came first: they must not start.
        var tombstones: [String: ContinuousClock.Instant] = [:]
        var running = 0
        var idleSince = ContinuousClock.now
        var isClosed = false
    }

    private let shared = NIOLockedValueBox(Shared())

    /// Runs the body as the operation of that id, or joins the one that runs or ran under it.
    ///
    /// - Parameters:
    ///   - fingerprint: Of the request: the same id with another one is a conflict, not somebody else's answer.
    ///   - until: When the caller will have gone; nil for callers that poll.
    func run(
        _ id: String,
        fingerprint: Int,
        until: ContinuousClock.Instant?,
        repeated: Repeat,
        body: @escaping @Sendable () async throws -> WireSandboxReply
    ) async throws -> WireSandboxReply {
        let task = try shared.withLockedValue { shared throws(Fault) -> Task<WireSandboxReply, any Error> in
            if let known = shared.operations[id] {
                guard known.fingerprint == fingerprint else {
                    throw Fault(
                        .operationConflict,
                        "The operation was asked for before, as another request.",
                        hint: "Use a new operation id for another request."
                    )
                }
                if let task = known.task {
                    shared.operations[id]?.wantedUntil = max(known.wantedUntil, until ?? .now + Self.patience)
                    return task
                }
            }
            guard repeated == .doneAgain || shared.tombstones[id] == nil else {
                throw Fault(.cancelled, "It was cancelled before it began.")
            }
            guard !shared.isClosed else { throw Fault.moving }
            shared.running += 1
            // A task of its own: it outlives the request that began it when another has attached, and can be cancelled
            // by a message. `sweep` and `drain` end it.
            let task = Task { [self] in
                defer { ended(id, repeated) }
                return try await body()
            }
            shared.operations[id] = Operation(
                fingerprint: fingerprint,
                task: task,
                wantedUntil: until ?? .now + Self.patience
            )
            return task
        }
        return try await task.value
    }

    var isClosed: Bool { shared.withLockedValue { $0.isClosed } }

    /// Counts something that goes on as activity, until it is let go of.
    func hold() { shared.withLockedValue { $0.running += 1 } }

    func letGo() {
        shared.withLockedValue { shared in
            shared.running -= 1
            if shared.running == 0 { shared.idleSince = .now }
        }
    }

    /// Counts work that goes on after its operation was answered as activity.
    func track<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        hold()
        defer { letGo() }
        return try await body()
    }

    /// Notes the caller's proof that it is still there; answers whether the operation runs.
    func poll(_ id: String) -> Bool {
        shared.withLockedValue { shared in
            guard let operation = shared.operations[id] else { return false }
            shared.operations[id]?.wantedUntil = max(operation.wantedUntil, .now + Self.patience)
            // An answer that is on its way counts: the caller will have it.
            return operation.endedAt.map { ContinuousClock.now - $0 < .seconds(2) } ?? true
        }
    }

    func cancel(_ id: String) {
        let task = shared.withLockedValue { shared in
            if shared.operations[id] == nil { shared.tombstones[id] = .now }
            return shared.operations[id]?.task
        }
        task?.cancel()
    }

    /// Cancels what nobody waits for any more, and forgets old answers.
    func sweep(at now: ContinuousClock.Instant = .now) {
        let abandoned = shared.withLockedValue { shared in
            shared.tombstones = shared.tombstones.filter { now - $0.value < Self.retention }
            shared.operations = shared.operations.filter { _, operation in
                operation.endedAt.map { now - $0 < Self.retention } ?? true
            }
            return shared.operations.values.filter { $0.endedAt == nil && $0.wantedUntil < now }.compactMap(\.task)
        }
        for task in abandoned { task.cancel() }
    }

    /// Whether anything runs, and since when nothing has.
    var activity: (running: Int, idleSince: ContinuousClock.Instant) {
        shared.withLockedValue { ($0.running, $0.idleSince) }
    }

    /// Refuses new operations.
    ///
    /// - Parameter whenIdle: Only when nothing runs.
    /// - Returns: Whether it is closed now.
    func close(onlyWhenIdle whenIdle: Bool = false) -> Bool {
        shared.withLockedValue { shared in
            guard !whenIdle || shared.running == 0 else { return false }
            shared.isClosed = true
            return true
        }
    }

    func reopen() {
        shared.withLockedValue { $0.isClosed = false }
    }

    /// Lets what runs go on for so long, then cancels it, and waits for its end.
    func drain(within limit: Duration) async {
        let tasks = shared.withLockedValue { $0.operations.values.filter { $0.endedAt == nil }.compactMap(\.task) }
        guard !tasks.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Ends early, and harmlessly, when everything has ended before.
                try? await Task.sleep(for: limit)
                for task in tasks { task.cancel() }
            }
            for task in tasks { _ = await task.result }
            group.cancelAll()
        }
    }

    private func ended(_ id: String, _ repeated: Repeat) {
        shared.withLockedValue { shared in
            let now = ContinuousClock.now
            shared.operations[id]?.endedAt = now
            if repeated == .doneAgain { shared.operations[id]?.task = nil }
            shared.running -= 1
            if shared.running == 0 { shared.idleSince = now }
            shared.ended.append(id)
            guard shared.ended.count > Self.retainedLimit else { return }
            for id in shared.ended.prefix(Self.retainedLimit / 2) where shared.operations[id]?.endedAt != nil {
                shared.operations[id] = nil
            }
            shared.ended.removeFirst(Self.retainedLimit / 2)
        }
    }
}

extension Fault {
    /// Refused before anything was done: ask again, and whoever serves it then will do it.
    static let moving = Fault(.moving, "The sandbox is being handed over.", hint: "Try again.", retryAfter: 1)
}
