import Bus
import Logging
import Model
import Ownership
import ServiceHost
import ServiceLifecycle
import Store

/// Renews this worker's one proof of life, and acts on what the answer means.
struct HeartbeatService: Service {
    static let interval = Duration.seconds(2)

    let worker: WorkerID
    let store: Store
    let clock: FleetClock
    let vitality: Vitality
    let keeper: LeaseKeeper
    let logger: Logger

    /// - Throws: `WorkerError.fenced` when a peer declared this incarnation dead: the process has to begin anew.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var last = ContinuousClock.now
            while (try? await Task.sleep(for: Self.interval)) != nil {
                let sent = ContinuousClock.now
                do {
                    guard let time = try await store.heartbeat(worker) else {
                        vitality.end()
                        await keeper.dropAll()
                        throw WorkerError(.fenced, "a peer declared this worker dead")
                    }
                    clock.set(databaseTime: time, at: sent + (.now - sent) / 2)
                    // After a gap others may have taken over: look before acting.
                    if sent - last > .seconds(Store.heartbeatValidity) { try await keeper.verifyHoldings() }
                    vitality.confirm(sentAt: sent)
                    last = sent
                } catch is CancellationError {
                    return
                } catch let error as StoreError {
                    logger.warning("heartbeat not confirmed", metadata: .keyed([.error: "\(error)"]))
                }
                keeper.sweepOperations()
            }
        }
    }
}
