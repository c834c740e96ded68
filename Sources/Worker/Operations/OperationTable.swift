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

    /// What becomes of an operation that runs when its sandbox is drained.
    enum Manner: Sendable {
        /// It changes nothing, and is given time to end.
        case read
        /// It is cut off unless it ends soon, and its caller is told.
        case change
        /// It follows a process, which has its own end.
        case process
        /// It is what drains: nobody waits for it, nor ends it.
        case drain
    }

    private struct Operation {
        /// Of the request that the id is bound to.
        var fingerprint: Int
        var manner: Manner
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
        /// What is sent after its operation was answered.
        var followers: [Int: Task<Void, Never>] = [:]
        var followerCount = 0
        /// What those are told that are cut off.
        var interruption: Fault?
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
        manner: Manner = .change,
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
                do {
                    return try await body()
                } catch {
                    guard Task.isCancelled, let interruption else { throw error }
                    switch manner {
                    // Nothing was changed: whoever serves it next can do it.
                    case .read: throw Fault.moving
                    case .change: throw interruption
                    case .process, .drain: throw error
                    }
                }
            }
            shared.operations[id] = Operation(
                fingerprint: fingerprint,
                manner: manner,
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

    /// Runs what is left to do once an operation was answered, as the bytes of a download.
    ///
    /// It counts as activity when it says so by `touch`, not by being there: its reader may have gone to sleep.
    func follow(_ body: @escaping @Sendable () async -> Void) {
        shared.withLockedValue { shared in
            let number = shared.followerCount
            shared.followerCount += 1
            // Ended by itself, by the tunnel's own ends, or by a drain.
            shared.followers[number] = Task { [self] in
                await body()
                self.shared.withLockedValue { $0.followers[number] = nil }
            }
            shared.idleSince = .now
        }
    }

    /// Something happened just now.
    func touch() { shared.withLockedValue { $0.idleSince = .now } }

    /// Why what ran was cut off; nil while nothing is.
    var interruption: Fault? { shared.withLockedValue { $0.interruption } }

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

    /// How long what runs may go on once its sandbox is to end.
    struct Grace: Sendable {
        var reads: Duration
        var changes: Duration

        static let none = Grace(reads: .zero, changes: .zero)

        /// A pause hurries nobody who reads; what is to be deleted is of no use to anybody.
        static func whenEnding(for intent: Intent) -> Grace {
            switch intent {
            case .run, .pause: Grace(reads: .seconds(30), changes: .seconds(5))
            case .stop: Grace(reads: .seconds(5), changes: .seconds(1))
            case .delete: .none
            }
        }
    }

    /// Lets what runs go on for so long, then cancels it, and waits for its end.
    ///
    /// - Parameter interruption: What is told to callers of what was cut off.
    func drain(within grace: Grace, telling interruption: Fault) async {
        let (reads, changes, followers) = shared.withLockedValue { shared in
            let running = shared.operations.values.filter { $0.endedAt == nil }
            let isRead = { (operation: Operation) in operation.manner == .read }
            return (
                running.filter(isRead).compactMap(\.task),
                running.filter { !isRead($0) && $0.manner != .drain }.compactMap(\.task),
                Array(shared.followers.values)
            )
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.end(changes, within: grace.changes, interruption) }
            group.addTask { await self.end(reads, within: grace.reads, interruption) }
            group.addTask { await self.end(followers, within: grace.reads, interruption) }
        }
    }

    private func end<Value, Failure>(
        _ tasks: [Task<Value, Failure>],
        within limit: Duration,
        _ interruption: Fault
    ) async {
        guard !tasks.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                self.shared.withLockedValue { $0.interruption = $0.interruption ?? interruption }
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

    /// Cut off in the middle: a file is as it was, of several some may have changed.
    static let draining = Fault(
        .draining,
        "The sandbox was drained while this ran.",
        hint: "Look at what was done, or ask again: the sandbox comes back when it is used.",
        retryAfter: 1
    )
}
