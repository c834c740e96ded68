import Model
import ProviderKit

/// Does away with what earlier attempts have left of a sandbox: boxes that were made and never served.
///
/// Nobody has ever written into them, so nothing is lost. Each is marked superseded first: whatever happens then, it is never
/// used, and the sweep may delete it.
struct Clearance: Sendable {
    let owner: Owner
    let record: SandboxRecord

    /// - Parameter boxes: Those of the sandbox's boxes that are not to be kept.
    /// - Throws: The first `DriverError`, once each has had its turn: one that cannot be deleted now saves no other.
    func clear(_ boxes: [BoxRecord]) async throws {
        let open = boxes.filter { $0.state != .deleted }
        for box in open where box.state != .superseded {
            try await owner.note(box.id, of: record, box.externalID, .superseded, because: reason(of: box))
        }
        var failure: DriverError?
        for box in open {
            do {
                try await delete(box)
            } catch let error as DriverError {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func delete(_ box: BoxRecord) async throws {
        // Elsewhere it can be neither seen nor deleted; a worker there sweeps it.
        guard try await owner.isBound(to: box), let externalID = try await externalID(of: box) else { return }
        try await owner.requireLease(record)
        let asked = owner.now()
        let envelope = try await owner.envelope(of: box, externalID: externalID, record)
        try await owner.driver.delete(envelope, epoch: record.epoch)
        // A create that is still under way may yet make it: until then the row speaks for the sweep.
        guard box.externalID != nil || box.isSettled(by: asked, owner.driver.descriptor) else { return }
        try await owner.note(box.id, of: record, externalID, .deleted, because: reason(of: box))
    }

    /// Whose attempt it was.
    private func reason(of box: BoxRecord) -> BoxReason { box.epoch < record.epoch ? .leaseLost : .failedStart }

    /// Nil while nobody knows of such a box; if its create still succeeds, the sweep finds it.
    private func externalID(of box: BoxRecord) async throws -> String? {
        if let externalID = box.externalID { return externalID }
        switch owner.driver.descriptor.idempotentCreate {
        case .uniqueName:
            // We chose its name.
            return box.id.rawValue
        case .adoptByTag:
            // A listing tells of the moment when it was asked for, however late it answers.
            let asked = owner.now()
            if let listing = try await owner.driver.list().first(where: { $0.tag?.box == box.id }) {
                return listing.externalID
            }
            if box.isSettled(by: asked, owner.driver.descriptor) {
                try await owner.note(box.id, of: record, nil, .deleted, because: .notMade)
            }
            return nil
        }
    }
}
