import Bus
import Logging
import Model
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Boxes of this host that run although nobody serves them: an earlier worker died, and none has taken over yet.
extension LeaseKeeper {
    /// Stops them before the process ends, so that a fleet that is stopped in order leaves nothing running.
    func pauseOrphans() async {
        do {
            for listing in try await driver.list() where listing.isRunning {
                guard let tag = listing.tag, tag.fleet == identity.fleet, holdings[tag.sandbox] == nil,
                    let workspace = try await store.workspace(of: tag.sandbox),
                    var leased = try await takeFromTheDead(tag.sandbox, in: workspace)
                else { continue }
                if leased.record.intent == .run { leased.record.intent = .pause }
                try await settleUnserved(leased)
                logger.notice("box without an owner stopped", metadata: .keyed([.sandbox: "\(tag.sandbox)"]))
            }
        } catch {
            logger.warning("boxes without an owner not stopped", metadata: .keyed([.error: "\(error)"]))
        }
    }

    /// The lease, if its owner is dead by both witnesses (rule 3) or has none.
    private func takeFromTheDead(_ sandbox: SandboxID, in workspace: WorkspaceID) async throws -> LeasedSandbox? {
        for _ in 0..<2 {
            let acquisition = try await store.acquire(
                sandbox,
                in: workspace,
                for: identity.id,
                placement: driver.binding.placement
            )
            switch acquisition {
            case .acquired(let leased): return leased
            case .owned(let owner, _):
                guard owner != identity.id, await isSilent(owner), try await store.fenceIfLockFree(owner) else {
                    return nil
                }
            case .elsewhere, .notFound, .notLive: return nil
            }
        }
        return nil
    }

    private func isSilent(_ worker: WorkerID) async -> Bool {
        do {
            _ = try await BusClient(bus: bus)
                .ask(
                    .with { $0.probe = WireWorkerProbe() },
                    worker: worker,
                    context: CallContext(requestID: OperationID.now().rawValue, deadline: .now + .seconds(2))
                )
            return false
        } catch {
            return (error as? BusError)?.code == .noResponders
        }
    }
}
