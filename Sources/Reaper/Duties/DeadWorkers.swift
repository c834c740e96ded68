import Bus
import Logging
import Model
import NATSClient
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Finds workers that are dead before their heartbeat is over, by two witnesses (rule 3), or long after it.
struct DeadWorkers: Duty {
    /// How long nobody may answer before a worker is suspected, seen over a connection that is itself older.
    static let silence = Duration.seconds(1)
    static let connectionAge = Duration.seconds(10)
    /// After a heartbeat has been over for this long nobody needs a second witness, in seconds.
    static let certainAfter = 60

    let name = "dead_workers"
    let interval = Duration.seconds(1)
    let batch = 32

    let client: BusClient
    let bus: Bus
    let store: Store
    let logger: Logger

    func pass() async throws -> DutyPass {
        var dead = try await store.fenceLongDead(seconds: Self.certainAfter)
        for suspect in try await store.suspects() where try await isSilent(suspect) {
            if try await store.fenceIfLockFree(suspect) {
                logger.notice("worker is dead", metadata: .keyed([.worker: "\(suspect)"]))
                dead += 1
            }
        }
        return DutyPass(found: dead)
    }

    /// Nobody responds on its subject, twice, over a connection that no broker restart explains.
    private func isSilent(_ worker: WorkerID) async throws -> Bool {
        for attempt in 0..<2 {
            if attempt > 0 { try await Task.sleep(for: Self.silence) }
            guard let since = bus.connection.connectedSince, .now - since > Self.connectionAge else { return false }
            do {
                _ = try await client.ask(
                    .with { $0.probe = WireWorkerProbe() },
                    worker: worker,
                    context: CallContext(requestID: OperationID.now().rawValue, deadline: .now + .seconds(2))
                )
                return false
            } catch let error as BusError where error.code == .noResponders {
                continue
            } catch is BusError {
                return false
            }
        }
        return true
    }
}
