import BoxClient
import Logging
import Metrics
import Model
import NIOConcurrencyHelpers
import ProviderKit

/// Boxes of this worker that were started in advance, and wait for a sandbox.
///
/// One is made at a time, once nobody has asked for a box for a moment. Nothing runs while the pool is full: what a worker
/// does for it follows from a box that was taken.
final class BoxPool: Sendable {
    private let keeper: BoxKeeper
    private let directory: PoolDirectory
    private let threads: BlockingPool
    private let loop: BoxLoop
    /// What has to be over before the driver is.
    private let departures: Departures
    private let logger: Logger
    private let metrics: PoolMetrics
    private let state: NIOLockedValueBox<BoxPoolState<PooledBox>>
    /// Whether somebody has been told that none can be made.
    private let isTold = NIOLockedValueBox(false)

    init(
        _ keeper: BoxKeeper,
        in directory: PoolDirectory,
        threads: BlockingPool,
        loop: BoxLoop,
        departures: Departures,
        metrics: any MetricsFactory,
        logger: Logger
    ) {
        self.keeper = keeper
        self.directory = directory
        self.threads = threads
        self.loop = loop
        self.departures = departures
        self.metrics = PoolMetrics(metrics)
        self.logger = logger
        state = NIOLockedValueBox(BoxPoolState(size: keeper.configuration.poolSize))
    }

    var ready: [PooledBox] { state.withLockedValue(\.ready) }
    /// The last attempt to make one was in vain.
    var hasFailed: Bool { state.withLockedValue(\.isHeld) }

    // MARK: Those who ask

    func open() { perform(change { $0.open() }) }
    func askBegan() { change { $0.askBegan() } }
    func askEnded() { perform(change { $0.askEnded() }) }
    func roomCame() { perform(change { $0.roomCame() }) }

    /// Makes a box that waits the one of a tag, if there is one that is what is asked for; blocks its thread.
    ///
    /// - Parameter directory: The sandbox's box's own, locked, without a record.
    /// - Returns: Whether it is there now.
    func give(to directory: BoxDirectory, _ tag: BoxTag, _ spec: SandboxSpec) -> Bool {
        guard keeper.isStandard(spec) else {
            metrics.missed(.unsuited)
            return false
        }
        let origin = keeper.standardOrigin()
        var reason = PoolMetrics.Miss.empty
        while let pooled = take(origin) {
            do throws(DriverError) {
                let left = try keeper.claim(pooled, as: directory, tag, image: spec.image)
                metrics.hit()
                clearLater { () throws(DriverError) in try FileTree.remove(left) }
                return true
            } catch {
                reason = .failed
                logger.warning("a box that waited was no good", metadata: ["error": "\(error.message)"])
                discardLater(pooled)
            }
        }
        metrics.missed(reason)
        return false
    }

    private func take(_ origin: LaunchOrigin) -> PooledBox? {
        let (box, outdated) = change { $0.take { $0.origin == origin } }
        for box in outdated { discardLater(box) }
        return box
    }

    // MARK: Filling

    private func perform(_ action: BoxPoolState<PooledBox>.Action) {
        switch action {
        case .nothing: return
        case .wait(let turn):
            let pause = keeper.configuration.poolQuietTime
            // Ends by itself in a moment.
            Task {
                try? await Task.sleep(for: pause)
                perform(change { $0.quiet(turn: turn) })
            }
        case .make:
            departures.begin()
            // Awaited by whoever waits for the departures.
            Task {
                await make()
                departures.end()
            }
        }
    }

    private func make() async {
        do throws(DriverError) {
            let keeper = keeper
            let directory = directory
            let pooled = try await threads.run { () throws(DriverError) in try keeper.makePooled(in: directory) }
            do throws(DriverError) {
                try await pooled.answers(loop, within: keeper.configuration.startTimeout)
            } catch {
                discardLater(pooled)
                throw error
            }
            isTold.withLockedValue { $0 = false }
            let (isKept, next) = change { $0.made(pooled) }
            if !isKept { discardLater(pooled) }
            perform(next)
        } catch {
            metrics.failed()
            change { $0.failed() }
            let isNews = isTold.withLockedValue { isTold in
                defer { isTold = true }
                return !isTold
            }
            let metadata: Logger.Metadata = ["error": "\(error.message)"]
            guard isNews else { return logger.debug("still no box can be made in advance", metadata: metadata) }
            logger.warning("no box could be made in advance", metadata: metadata)
        }
    }

    // MARK: The end

    /// Ends the boxes that wait, and makes no more; over when the departures are.
    func close() {
        for pooled in change({ $0.close() }) { discardLater(pooled) }
    }

    private func discardLater(_ pooled: PooledBox) {
        let keeper = keeper
        clearLater { () throws(DriverError) in try keeper.discard(pooled: pooled.directory) }
    }

    private func clearLater(_ body: @escaping @Sendable () throws(DriverError) -> Void) {
        departures.begin()
        threads.later { [departures, logger] in
            defer { departures.end() }
            do throws(DriverError) {
                try body()
            } catch {
                // It stays in the pool's directory, where the next start finds it.
                logger.warning("remains of a box that waited not cleared", metadata: ["error": "\(error.message)"])
            }
        }
    }

    @discardableResult
    private func change<Value>(_ body: (inout BoxPoolState<PooledBox>) -> Value) -> Value {
        let (value, count) = state.withLockedValue { state in (body(&state), state.ready.count) }
        metrics.ready(count)
        return value
    }
}
