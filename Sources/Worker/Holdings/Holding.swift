import Logging
import Model
import NATSClient
import NIOConcurrencyHelpers
import Ownership
import ProviderKit
import Store

/// One sandbox that this worker owns, under one epoch: its box, what runs in it, and since when nothing does.
final class Holding: Sendable {
    fileprivate struct Shared {
        var live: LiveBox?
        var subscription: NATSSubscription?
        var idleTimeout: Duration?
        var keptAliveUntil: ContinuousClock.Instant?
        /// A revival under way, which others join.
        var revival: Task<LiveBox, any Error>?
        /// How the last one failed: many processes may want the same box back.
        var failure: (error: any Error, at: ContinuousClock.Instant)?
        /// The end of the box under way, which others join.
        var drain: Task<Intent, any Error>?
        /// An end was begun and did not come about.
        var isUnfinished = false
        /// Somebody sees to it that it does.
        var isRetried = false
        var generation = 0
        /// The last generation in which the box was started, so that nothing from before runs in it.
        var freshGeneration = 0
        var isDropped = false
    }

    /// How long nobody tries again to bring back a box that did not come back.
    private static let revivalPause = Duration.milliseconds(300)

    /// A box that answers, and how many connections to it came before this one.
    struct LiveBox: Sendable {
        var box: any Box
        var generation: Int
    }

    let sandbox: SandboxID
    let workspace: WorkspaceID
    let provider: String
    let epoch: UInt64
    let boxID: BoxID
    let spec: SandboxSpec
    /// Secret: never logged.
    let environment: [String: String]
    let operations: OperationTable
    let processes: ProcessTable
    let captures = CaptureTurns()
    private let shared: NIOLockedValueBox<Shared>

    /// - Parameter box: Nil when it is not to be used any more.
    init(_ leased: LeasedSandbox, box: (any Box)?, boxID: BoxID, metrics: ProcessMetrics) {
        sandbox = leased.record.id
        workspace = leased.record.workspace
        provider = leased.record.provider
        epoch = leased.record.epoch
        spec = leased.record.spec
        environment = leased.environment
        self.boxID = boxID
        let operations = OperationTable()
        self.operations = operations
        processes = ProcessTable(operations: operations, metrics: metrics)
        shared = NIOLockedValueBox(Shared(idleTimeout: leased.record.idleTimeoutMs.map { .milliseconds($0) }))
        if let box { _ = shared.withLockedValue { $0.install(box) } }
    }

    var box: (any Box)? { shared.withLockedValue { $0.live?.box } }

    /// - Returns: Whether the caller is the one who tries again until it is dropped.
    func beginRetrying() -> Bool {
        shared.withLockedValue { shared in
            defer { shared.isRetried = true }
            return !shared.isRetried
        }
    }

    /// It serves no more, and nobody is ending it.
    var isUnfinished: Bool { shared.withLockedValue { $0.isUnfinished && $0.drain == nil } }

    var isDropped: Bool { shared.withLockedValue { $0.isDropped } }

    /// Whether the box was started after that generation, so that nothing from then runs in it.
    func isFresh(since generation: Int) -> Bool { shared.withLockedValue { $0.freshGeneration > generation } }

    func serve(by subscription: NATSSubscription) {
        let isDropped = shared.withLockedValue { shared in
            shared.subscription = subscription
            return shared.isDropped
        }
        if isDropped { subscription.unsubscribe() }
    }

    /// The live box; a box that died is brought back by its driver, once, however many ask.
    func liveBox(
        reviving revive: @escaping @Sendable () async throws -> any Box,
        revived: @escaping @Sendable (LiveBox) -> Void
    ) async throws -> LiveBox {
        enum Way {
            case live(LiveBox)
            case revival(Task<LiveBox, any Error>)
        }
        let way = try shared.withLockedValue { shared -> Way in
            guard !shared.isDropped else { throw NoLease() }
            if let live = shared.live { return .live(live) }
            if let revival = shared.revival { return .revival(revival) }
            if let failure = shared.failure, .now - failure.at < Self.revivalPause { throw failure.error }
            // Shared by all who wait for the box, so no one of them may cancel it.
            let revival = Task { [self] in
                do {
                    let box = try await revive()
                    guard let live = install(box) else {
                        await box.detach()
                        throw NoLease()
                    }
                    revived(live)
                    return live
                } catch {
                    self.shared.withLockedValue { shared in
                        shared.revival = nil
                        shared.failure = (error, .now)
                    }
                    throw error
                }
            }
            shared.revival = revival
            return .revival(revival)
        }
        switch way {
        case .live(let live): return live
        case .revival(let task): return try await task.value
        }
    }

    /// Nil when the sandbox was let go of meanwhile.
    private func install(_ box: any Box) -> LiveBox? {
        shared.withLockedValue { shared in
            shared.revival = nil
            return shared.isDropped ? nil : shared.install(box)
        }
    }

    /// The box of that generation does not answer any more; whoever needs it next brings it back.
    func boxClosed(_ generation: Int) {
        shared.withLockedValue { shared in
            if shared.live?.generation == generation { shared.live = nil }
        }
    }

    /// The box that answers now, to be watched.
    var live: LiveBox? { shared.withLockedValue { $0.live } }

    /// Ends the box once, however many ask for it.
    ///
    /// - Returns: What was done, perhaps not what this caller asked for.
    func drainOnce(body: @escaping @Sendable () async throws -> Intent) async throws -> Intent {
        let drain = shared.withLockedValue { shared in
            if let drain = shared.drain { return drain }
            // Shared by all who wait for it, so no one of them may cancel it.
            let drain = Task { [self] in
                do {
                    return try await body()
                } catch {
                    // Whoever asks again begins again.
                    self.shared.withLockedValue { shared in
                        shared.drain = nil
                        shared.isUnfinished = true
                    }
                    throw error
                }
            }
            shared.drain = drain
            return drain
        }
        return try await drain.value
    }

    /// Stops serving.
    ///
    /// Whatever runs is ended by the caller.
    func drop() async {
        let (box, subscription) = shared.withLockedValue { shared in
            shared.isDropped = true
            defer {
                shared.live = nil
                shared.subscription = nil
            }
            return (shared.live?.box, shared.subscription)
        }
        subscription?.unsubscribe()
        await box?.detach()
    }

    func setIdleTimeout(_ milliseconds: Int64?) {
        shared.withLockedValue { $0.idleTimeout = milliseconds.map { .milliseconds($0) } }
    }

    func keepAlive(for duration: Duration) {
        let until = ContinuousClock.now + duration
        shared.withLockedValue { $0.keptAliveUntil = max($0.keptAliveUntil ?? until, until) }
    }

    /// How long until it idles, if nothing happens; zero when it does now, nil when it never does.
    ///
    /// What runs is activity, silent or not.
    func timeUntilIdle(at now: ContinuousClock.Instant = .now) -> Duration? {
        let (timeout, keptAliveUntil) = shared.withLockedValue { ($0.idleTimeout, $0.keptAliveUntil) }
        guard let timeout else { return nil }
        let activity = operations.activity
        guard activity.running == 0 else { return timeout }
        let end = max(activity.idleSince + timeout, keptAliveUntil ?? now)
        return max(.zero, end - now)
    }
}

extension Holding.Shared {
    fileprivate mutating func install(_ box: any Box) -> Holding.LiveBox {
        generation += 1
        if box.isFresh { freshGeneration = generation }
        let installed = Holding.LiveBox(box: box, generation: generation)
        live = installed
        return installed
    }
}
