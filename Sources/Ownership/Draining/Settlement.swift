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
    ///
    /// - Throws: `NoLease` when another owner has taken over, who finishes it.
    package func settle(_ record: SandboxRecord, boxes: [BoxRecord]) async throws {
        let intent = intent(of: record)
        let keepsFiles = intent != .delete && record.persistent
        var keepsBox = keepsFiles && record.source == nil && owner.driver.descriptor.persistence.isSupported
        var rest = boxes
        var deleted: BoxRecord?
        if let envelope = record.envelope, let externalID = envelope.boxId {
            try await owner.requireBinding(of: record)
            let index = rest.lastIndex { $0.externalID == externalID }
            let row = index.map { rest.remove(at: $0) }
            let isThere = keepsFiles ? try await save(record, envelope, row) : true
            keepsBox = keepsBox && isThere
            if keepsBox { keepsBox = try await stop(record, envelope) }
            if keepsBox {
                if let row { try await owner.note(row.id, of: record, externalID, .stopped, because: nil) }
            } else {
                try await delete(record, envelope, isVerified: keepsFiles && isThere && savesFiles)
                deleted = row
            }
        }
        do {
            try await Clearance(owner: owner, record: record).clear(rest)
        } catch {
            if let deleted { try await owner.note(deleted.id, of: record, deleted.externalID, .deleted, because: nil) }
            throw error
        }
        let isSettled = try await owner.store.settle(
            record.id,
            epoch: record.epoch,
            as: intent,
            keepsBox: keepsBox,
            deleted: deleted?.id,
            actor: owner.actor
        )
        guard isSettled else { throw NoLease() }
    }

    /// What is really done about a sandbox.
    ///
    /// A pause of what does not persist would lose its files without anybody having asked for that; stop says so. A restore
    /// is asked for: it comes back with other files. One that is wanted to run while its box is being stopped is paused
    /// first, and comes back then.
    package func intent(of record: SandboxRecord) -> Intent {
        switch record.intent {
        case .run, .pause: record.persistent || record.source != nil ? .pause : .stop
        case .stop, .delete: record.intent
        }
    }

    /// Makes way for a box that is made from an archive: what the present one holds is saved, then it is deleted.
    func retire(_ record: SandboxRecord, _ envelope: Envelope, _ row: BoxRecord?) async throws {
        let isSaved = record.persistent ? try await save(record, envelope, row) : false
        try await delete(record, envelope, isVerified: isSaved && savesFiles)
        if let row { try await owner.note(row.id, of: record, envelope.boxId, .deleted, because: .restore) }
    }

    /// - Returns: Whether it is there.
    func stop(_ record: SandboxRecord, _ envelope: Envelope) async throws -> Bool {
        try await owner.requireLease(record)
        do throws(DriverError) {
            try await owner.driver.stop(envelope, epoch: record.epoch)
            return true
        } catch {
            guard error.kind == .gone else { throw error }
            return false
        }
    }

    /// - Parameter isVerified: The lease was looked at just now, by publishing what was saved.
    private func delete(_ record: SandboxRecord, _ envelope: Envelope, isVerified: Bool) async throws {
        if !isVerified { try await owner.requireLease(record) }
        try await owner.driver.delete(envelope, epoch: record.epoch)
    }
}
