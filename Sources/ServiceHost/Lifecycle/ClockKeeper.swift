import Bus
import Logging
import ServiceLifecycle
import Store

/// Looks at the database's clock now and then: deadlines on the bus are told in its time (rule 4).
struct ClockKeeper: Service {
    static let interval = Duration.seconds(30)

    let store: Store
    let clock: FleetClock
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await Task.sleep(for: Self.interval)
                    let before = ContinuousClock.now
                    let time = try await store.now()
                    clock.set(databaseTime: time, at: before + (.now - before) / 2)
                } catch is CancellationError {
                    return
                } catch {
                    // The old look stays good: the monotonic clock goes on.
                    logger.debug("no look at the database's clock", metadata: .keyed([.error: "\(error)"]))
                }
            }
        }
    }
}
