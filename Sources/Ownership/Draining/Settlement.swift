import Logging
package import Model
import ProviderKit

/// Carries out what a sandbox's row says is to become of its box: pause, stop or delete.
///
/// Of what persists the workspace is saved and published first; everything may be repeated by a successor.
package struct Settlement: Sendable {
    let owner: Owner

    package init(owner: Owner) {
        self.owner = owner
    }

    /// Saves what is to be kept, stops or deletes the box, and gives the lease back.
    package func settle(_ record: SandboxRecord, boxes: [BoxRecord]) async throws {
        let intent = intent(of: record)
        let keepsFiles = intent != .delete && record.persistent
        let keepsBox = keepsFiles && record.source == nil && owner.driver.descriptor.persistence.isSupported
        if let envelope = record.envelope {
            if keepsFiles, owner.driver.descriptor.snapshots.isSupported {
                try await save(record, envelope, boxes)
            }
            try await requireLease(record)
            if keepsBox {
                try await owner.driver.stop(envelope, epoch: record.epoch)
            } else {
                try await owner.driver.delete(envelope, epoch: record.epoch)
            }
        }
        for box in boxes where box.state != .deleted {
            let isCurrent = box.externalID != nil && box.externalID == record.envelope?.boxId
            if isCurrent && keepsBox {
                try await self.record(box, .stopped)
            } else {
                if !isCurrent {
                    try await requireLease(record)
                    try await owner.driver.delete(envelope(of: box, record), epoch: record.epoch)
                }
                try await self.record(box, .deleted)
            }
        }
        let isSettled = try await owner.store.settle(
            record.id,
            epoch: record.epoch,
            as: intent,
            keepsBox: keepsBox,
            actor: owner.actor
        )
        guard isSettled else { throw NoLease() }
    }

    /// What is really done about a sandbox.
    ///
    /// A pause of what does not persist would lose its files without anybody having asked for that; stop says so. A restore
    /// is asked for: it comes back with other files.
    package func intent(of record: SandboxRecord) -> Intent {
        record.intent == .pause && !record.persistent && record.source == nil ? .stop : record.intent
    }

    /// Saves the box's files as the sandbox's current snapshot, whoever began it.
    private func save(_ record: SandboxRecord, _ envelope: Envelope, _ boxes: [BoxRecord]) async throws {
        if owner.driver.descriptor.drainCaptures == .stopped {
            try await requireLease(record)
            do throws(DriverError) {
                try await owner.driver.stop(envelope, epoch: record.epoch)
            } catch {
                guard error.kind == .gone else { throw error }
                // Nothing is left to save; what was saved before stays the newest.
                return
            }
        }
        let archive = try await snapshot(of: record, boxes)
        let capture = BoxCapture(archive: archive.id, envelope: envelope, sandbox: record.id, epoch: record.epoch)
        let reference: ArchiveReference
        do throws(DriverError) {
            reference = try await owner.driver.capture(capture)
        } catch {
            if error.kind == .gone || error.isPermanent {
                try await owner.store.abandonArchive(archive.id, reason: error.message, actor: owner.actor)
                if error.kind == .gone { return }
            }
            throw error
        }
        let isPublished = try await owner.store.publishArchive(
            archive.id,
            of: record.id,
            epoch: record.epoch,
            reference: reference,
            actor: owner.actor
        )
        guard isPublished else { throw NoLease() }
    }

    /// The ledger's row of the snapshot, written before anything is saved; an earlier owner's of the same box goes on.
    private func snapshot(of record: SandboxRecord, _ boxes: [BoxRecord]) async throws -> ArchiveRecord {
        let box = boxes.last { $0.externalID != nil && $0.externalID == record.envelope?.boxId }?.id
        if let begun = try await owner.store.unfinishedSnapshot(of: record.id) {
            if begun.epoch == record.epoch, begun.box == box { return begun }
            // Begun under a lease that has ended: perhaps the box has been written to since.
            try await owner.store.abandonArchive(begun.id, reason: "superseded", actor: owner.actor)
        }
        let archive = ArchiveRecord(
            id: owner.newArchive(),
            workspace: record.workspace,
            sandbox: record.id,
            purpose: .snapshot,
            state: .candidate,
            format: .native,
            provider: record.provider,
            account: owner.driver.binding.account,
            placement: owner.driver.binding.placement,
            epoch: record.epoch,
            box: box,
            createdAt: owner.now()
        )
        guard try await owner.store.intendArchive(archive, actor: owner.actor) else { throw NoLease() }
        return archive
    }

    /// A far end that cannot fence is changed only after one more look at the lease (rule 4).
    private func requireLease(_ record: SandboxRecord) async throws {
        guard try await owner.store.holds(record.id, epoch: record.epoch) else { throw NoLease() }
    }

    private func record(_ box: BoxRecord, _ state: BoxRecord.State) async throws {
        try await owner.store.recordBox(
            box.id,
            externalID: box.externalID,
            state: state,
            lifetime: nil,
            actor: owner.actor
        )
    }

    /// For a box whose provider id nobody learnt: where names are unique, ours is its name.
    private func envelope(of box: BoxRecord, _ record: SandboxRecord) -> Envelope {
        var state = ["boxId": box.externalID ?? box.id.rawValue, "account": box.account]
        state["placement"] = box.placement
        return Envelope(backendId: record.provider, sessionState: .init(providerState: state, workspaceReady: false))
    }
}
