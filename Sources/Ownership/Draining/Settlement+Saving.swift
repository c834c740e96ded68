import Model
import ProviderKit

extension Settlement {
    var savesFiles: Bool { owner.driver.descriptor.snapshots.isSupported }

    /// Saves the box's files as the sandbox's current snapshot, whoever began it.
    ///
    /// - Returns: False when the box is no more: nothing is left to save, and what was saved before stays the newest.
    func save(_ record: SandboxRecord, _ envelope: Envelope, _ row: BoxRecord?) async throws -> Bool {
        guard savesFiles else { return true }
        // It changes nothing yet, so the box may end meanwhile.
        async let intended = snapshot(of: record, row)
        if owner.driver.descriptor.drainCaptures == .stopped {
            guard try await stop(record, envelope) else {
                try await owner.store.abandonArchive(try await intended.id, reason: "gone", actor: owner.actor)
                return false
            }
        }
        let archive = try await intended
        let capture = BoxCapture(archive: archive.id, envelope: envelope, sandbox: record.id, epoch: record.epoch)
        let reference: ArchiveReference
        do throws(DriverError) {
            reference = try await owner.driver.capture(capture)
        } catch {
            if error.kind == .gone || error.isPermanent {
                try await owner.store.abandonArchive(archive.id, reason: error.message, actor: owner.actor)
            }
            guard error.kind == .gone else { throw error }
            return false
        }
        let isPublished = try await owner.store.publishArchive(
            archive.id,
            of: record.id,
            epoch: record.epoch,
            reference: reference,
            actor: owner.actor
        )
        guard isPublished else { throw NoLease() }
        return true
    }

    /// The ledger's row of the snapshot, written before anything is saved; what this owner has begun of the same box goes on.
    private func snapshot(of record: SandboxRecord, _ row: BoxRecord?) async throws -> ArchiveRecord {
        if let begun = try await owner.store.unfinishedSnapshot(of: record.id) {
            if begun.epoch == record.epoch, begun.box == row?.id { return begun }
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
            account: record.account ?? owner.driver.binding.account,
            placement: owner.driver.binding.placement,
            epoch: record.epoch,
            box: row?.id,
            createdAt: owner.now()
        )
        guard try await owner.store.intendArchive(archive, actor: owner.actor) else { throw NoLease() }
        return archive
    }
}
