import Bus
import Logging
import Model
import Ownership
import ServiceHost
import Store

/// Renews this worker's one proof of life, and acts on what the answer means for all that it holds.
///
/// One for all providers: nothing is confirmed before the holdings of each were looked at.
struct HeartbeatService: Sendable {
    static let interval = Duration.seconds(2)

    let worker: WorkerID
    let store: Store
    let clock: FleetClock
    let vitality: Vitality
    let keepers: [LeaseKeeper]
    let logger: Logger

    /// Runs until it is cancelled.
    ///
    /// - Throws: `WorkerError.fenced` when a peer declared this incarnation dead: the process has to begin anew.
    func run() async throws {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let sent = ContinuousClock.now
            do {
                guard let time = try await store.heartbeat(worker) else {
                    vitality.end()
                    for keeper in keepers { await keeper.dropAll() }
                    throw WorkerError(.fenced, "a peer declared this worker dead")
                }
                clock.set(databaseTime: time, at: sent + (.now - sent) / 2)
                // After a gap others may have taken over: look before acting.
                if vitality.mayHaveLapsed() {
                    for keeper in keepers { try await keeper.verifyHoldings() }
                }
                vitality.confirm(sentAt: sent)
            } catch is CancellationError {
                return
            } catch let error as StoreError {
                logger.warning("heartbeat not confirmed", metadata: .keyed([.error: "\(error)"]))
            }
            for keeper in keepers { keeper.sweepOperations() }
        }
    }
}
