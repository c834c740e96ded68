import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import Store

/// One process that this worker looks after: where it stands, who waits for it, and what is wanted of it.
///
/// The task that looks after it outlives every request; `stop` ends it.
final class OwnedProcess: Sendable {
    enum Phase: Sendable {
        /// Its row is being written, or its program started.
        case starting
        case running(any BoxProcess)
        /// It is being found again, in a box that answers again.
        case detached
        /// Its row says so.
        case ended(ProcessRecord)
        /// Its operation had been asked for under an earlier owner, or cannot be done.
        case refused(Refusal)
        /// This worker looks after it no more; it goes on.
        case left
    }

    enum Refusal: Sendable {
        case existing(ProcessRecord)
        case failed(any Error)
    }

    private struct Waiter {
        var isOver: @Sendable (Phase) -> Bool
        var continuation: CheckedContinuation<Phase, any Error>
    }

    private struct Shared {
        var phase: Phase
        var wish: ProcessWish?
        var tails: (stdout: ByteBuffer, stderr: ByteBuffer)?
        var endedAt: ContinuousClock.Instant?
        var task: Task<Void, Never>?
        /// What is done for it on the side.
        var assistant: Task<Void, Never>?
        var isStopping = false
        var waiters: [UInt64: Waiter] = [:]
        var lastWaiter: UInt64 = 0
    }

    let id: ProcessID
    let identity: ProcessIdentity
    let beganAt = ContinuousClock.now
    private let over: @Sendable () -> Void
    private let shared: NIOLockedValueBox<Shared>

    /// - Parameter over: Called once, when this worker has nothing to do with it any more.
    init(_ identity: ProcessIdentity, phase: Phase, over: @escaping @Sendable () -> Void = {}) {
        id = identity.id
        self.identity = identity
        self.over = over
        shared = NIOLockedValueBox(Shared(phase: phase))
    }

    var phase: Phase { shared.withLockedValue { $0.phase } }

    var wish: ProcessWish? { shared.withLockedValue { $0.wish } }

    var isStopping: Bool { shared.withLockedValue { $0.isStopping } }

    var endedAt: ContinuousClock.Instant? { shared.withLockedValue { $0.endedAt } }

    /// What an answer shows of its output; only of what was run here to its end, for a while.
    var tails: (stdout: ByteBuffer, stderr: ByteBuffer)? { shared.withLockedValue { $0.tails } }

    /// Notes what is wanted of it; the first wish stands, unless its sandbox ends.
    func wish(_ wish: ProcessWish) {
        shared.withLockedValue { shared in
            if case .lose = wish { shared.wish = wish } else { shared.wish = shared.wish ?? wish }
        }
    }

    func move(to phase: Phase) {
        let (waiters, isOver) = shared.withLockedValue { shared in
            // What has ended stays so.
            guard shared.endedAt == nil else { return ([Waiter](), false) }
            shared.phase = phase
            switch phase {
            case .ended, .refused, .left: shared.endedAt = .now
            case .starting, .running, .detached: break
            }
            let done = shared.waiters.filter { $0.value.isOver(phase) }
            for key in done.keys { shared.waiters[key] = nil }
            return (Array(done.values), shared.endedAt != nil)
        }
        if isOver { over() }
        for waiter in waiters { waiter.continuation.resume(returning: phase) }
    }

    /// It has ended, and this is what an answer shows of its output.
    func end(_ record: ProcessRecord, tails: (stdout: ByteBuffer, stderr: ByteBuffer)?) {
        shared.withLockedValue { $0.tails = tails }
        move(to: .ended(record))
    }

    func dropTails() { shared.withLockedValue { $0.tails = nil } }

    // MARK: Waiting

    /// The first phase that is neither a beginning nor a search.
    func started() async throws -> Phase {
        try await wait { phase in
            switch phase {
            case .starting, .detached: false
            case .running, .ended, .refused, .left: true
            }
        }
    }

    /// The phase in which nothing more comes from here.
    func ended() async throws -> Phase {
        try await wait { phase in
            switch phase {
            case .starting, .detached, .running: false
            case .ended, .refused, .left: true
            }
        }
    }

    /// The same, or nil once the time is over.
    func started(within limit: Duration) async throws -> Phase? {
        try await Self.race(limit) { try await self.started() }
    }

    func ended(within limit: Duration) async throws -> Phase? {
        try await Self.race(limit) { try await self.ended() }
    }

    private static func race(
        _ limit: Duration,
        _ wait: @escaping @Sendable () async throws -> Phase
    ) async throws -> Phase? {
        try await withThrowingTaskGroup(of: Phase?.self) { group in
            group.addTask { try await wait() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Waits without polling; a cancelled task throws, and changes nothing about the process.
    private func wait(until isOver: @escaping @Sendable (Phase) -> Bool) async throws -> Phase {
        let key = shared.withLockedValue { shared in
            shared.lastWaiter += 1
            return shared.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = shared.withLockedValue { shared -> Result<Phase, any Error>? in
                    if isOver(shared.phase) { return .success(shared.phase) }
                    // Under the lock: a cancellation after this line finds the waiter.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    shared.waiters[key] = Waiter(isOver: isOver, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = shared.withLockedValue { $0.waiters.removeValue(forKey: key) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    // MARK: The task

    /// Begins to look after it, in a task of its own: it outlives whoever asked, and `stop` ends it.
    func launch(_ life: @escaping @Sendable () async -> Void) {
        shared.withLockedValue { shared in
            guard !shared.isStopping else { return }
            shared.task = Task { await life() }
        }
    }

    /// Does something for it on the side, unless it has ended; `stop` ends that too.
    func assist(_ work: @escaping @Sendable () async -> Void) {
        shared.withLockedValue { shared in
            guard !shared.isStopping, shared.endedAt == nil else { return }
            shared.assistant = Task { await work() }
        }
    }

    /// Looks after it anew, from what is stored.
    func relaunch(_ life: @escaping @Sendable () async -> Void) async {
        let (task, assistant) = shared.withLockedValue { ($0.task, $0.assistant) }
        task?.cancel()
        assistant?.cancel()
        await task?.value
        await assistant?.value
        launch(life)
    }

    /// Stops looking after it, and returns when nothing of that is under way any more.
    ///
    /// A start that is under way is let through, so that its program is not ended; unless it is hurried.
    func stop(hurried: Bool) async {
        let (task, assistant) = shared.withLockedValue { shared in
            shared.isStopping = true
            if case .starting = shared.phase, !hurried { return (shared.task, shared.assistant) }
            shared.task?.cancel()
            shared.assistant?.cancel()
            return (shared.task, shared.assistant)
        }
        await task?.value
        await assistant?.value
        move(to: .left)
    }
}

/// What does not change about a process.
struct ProcessIdentity: Sendable {
    var id: ProcessID
    var mode: ProcessMode
    var operation: String?
    /// Nil when it was taken over.
    var requestHash: [UInt8]?
    /// How many bytes of output are stored in all.
    var storedLimit: UInt64
    var killsAtLimit: Bool
    /// The box that it runs in.
    var box: BoxID
    /// Which life of the box it was started in, as far as this owner has counted them; 0 is before that.
    var generation = 0
}
