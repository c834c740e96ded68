import Bus
import Logging
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store
import Wire

/// Puts a sandbox back to a checkpoint: writes down which, and drains; whoever acquires it next makes its box from that.
struct CheckpointRestore: Sendable {
    let holding: Holding
    let keeper: LeaseKeeper
    let request: WireRestoreCheckpoint

    private static let reason = "restore"

    func run() async throws {
        guard let id = ArchiveID(request.checkpointID) else {
            throw Fault(.invalidRequest, "checkpoint_id has to be an id.")
        }
        guard !keeper.driver.descriptor.isUsersMachine else { throw Fault.usersMachine }
        let archive = try await keeper.store.archiveRecord(id)
        try await requireUsable(archive)
        guard keeper.vitality.isAlive() else { throw NoLease() }
        let begun: SandboxRecord?
        do {
            begun = try await keeper.store.beginRestore(
                id,
                of: holding.sandbox,
                epoch: holding.epoch,
                reason: Self.reason,
                actor: keeper.identity.actor
            )
        } catch let error as StoreError {
            // Perhaps it is written: then it happens now, and not whenever the box ends next.
            _ = try await keeper.drain(holding, intent: .pause, reason: Self.reason)
            throw error
        }
        guard let begun else {
            // Deleted since, or the sandbox is not served any more.
            try await requireUsable(try await keeper.store.archiveRecord(id))
            throw NoLease()
        }
        // From here on this box is never started again.
        if let reference = archive?.reference, reference.format == .native, let envelope = holding.live?.box.envelope {
            keeper.driver.expectRestore(of: holding.sandbox, envelope, from: reference)
        }
        let done = try await keeper.drain(holding, intent: .pause, reason: Self.reason, begun: begun)
        guard done == .pause else {
            throw Fault(.sandboxNotActive, "The sandbox was stopped or deleted meanwhile.")
        }
        // Whoever restores it is about to ask for it: that has begun by then.
        keeper.dispatcher.enqueue { [keeper, holding] in
            do {
                _ = try await keeper.acquire(holding.sandbox, in: holding.workspace)
            } catch {
                keeper.logger.info(
                    "not brought up after its restore, whoever uses it tries again",
                    metadata: .keyed([.sandbox: "\(holding.sandbox)", .error: "\(Fault.describing(error))"])
                )
            }
        }
    }

    private func requireUsable(_ archive: ArchiveRecord?) async throws {
        guard let archive, archive.workspace == holding.workspace, archive.purpose == .checkpoint else {
            throw Fault(.checkpointNotFound, "There is no such checkpoint.")
        }
        switch archive.state {
        case .current: break
        case .candidate: throw Fault(.checkpointNotReady, "The checkpoint is not saved yet.", retryAfter: 2)
        case .previous, .deletePending, .deleted, .deleteFailed:
            throw Fault(.checkpointNotFound, "The checkpoint failed, or was deleted.")
        }
        // Looked at before the present state is put away for it.
        guard archive.format == .native else {
            guard keeper.archiver != nil else { throw Fault.noArchiveStore }
            return
        }
        // Whatever account the present box is of, the next one is made in this.
        let binding = try await keeper.driver.binding(for: holding.workspace)
        guard archive.provider == holding.provider, archive.account.map({ $0 == binding.account }) ?? true else {
            throw Fault(.unsupported, "The checkpoint was made by \(archive.provider), in a form of its own.")
        }
        guard archive.placement == binding.placement else {
            throw Fault(.placementOffline, "The checkpoint is on another host than the sandbox.")
        }
    }
}
