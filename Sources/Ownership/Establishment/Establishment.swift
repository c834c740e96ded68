import FoundationEssentials
import Logging
package import Model
package import ProviderKit

/// The one way to a live box.
///
/// An envelope is resumed; only the provider's own word that its box is gone leads to another; every other failure is
/// told and leaves everything as it is. A box has its row before it exists.
package struct Establishment: Sendable {
    let owner: Owner

    /// A box that answers, and the id of its row.
    package struct Outcome: Sendable {
        package var box: any Box
        package var id: BoxID
    }

    package init(owner: Owner) {
        self.owner = owner
    }

    /// - Throws: `NoLease` when another owner has taken over: nothing is to be done any more.
    package func establish(_ leased: LeasedSandbox) async throws -> Outcome {
        let record = leased.record
        var rest = leased.boxes
        if let envelope = record.envelope, let externalID = envelope.boxId {
            try await owner.requireBinding(of: record)
            // The row of this box; one is always written before the box is.
            let index = rest.lastIndex { $0.externalID == externalID }
            let row = index.map { rest.remove(at: $0) }
            if record.source == nil {
                do {
                    let box = try await owner.driver.resume(resumption(of: leased, envelope))
                    do {
                        if let row {
                            let reason = row.state == .stopped ? BoxReason.resumed : .takenOver
                            try await owner.note(row.id, of: record, externalID, .live, because: reason)
                        }
                        try await clear(rest, record)
                    } catch {
                        // A handle that nobody holds would keep the box awake.
                        await box.detach()
                        throw error
                    }
                    return Outcome(box: box, id: row?.id ?? owner.newBox())
                } catch let error as DriverError where error.kind == .gone {
                    owner.logger.notice("box is gone, making another", metadata: metadata(leased, box: externalID))
                    if let row { try await owner.note(row.id, of: record, externalID, .deleted, because: .gone) }
                }
            } else {
                // A restore that was asked for: the box it replaces is saved and deleted before another is made. Not for one that
                // cannot be made here.
                if let wanted = leased.archives.first(where: { $0.id == record.source })?.reference {
                    try await requireOrigin(of: wanted, for: record.workspace)
                }
                try await Settlement(owner: owner).retire(record, envelope, row)
            }
        }
        return try await restore(leased, rest)
    }

    /// Makes a box from the best archive that can be read; from the image alone only where there is no archive.
    private func restore(_ leased: LeasedSandbox, _ boxes: [BoxRecord]) async throws -> Outcome {
        var ambiguous = boxes.last { $0.state == .intended }
        try await clear(boxes.filter { $0.id != ambiguous?.id }, leased.record)
        var damage: DriverError?
        for archive in leased.archives {
            guard let reference = archive.reference else { continue }
            do {
                return try await create(leased, from: reference, ambiguous)
            } catch let error as DriverError where error.kind == .archiveDamaged {
                damage = error
                owner.logger.error(
                    "archive cannot be read",
                    metadata: [
                        "sandbox": "\(leased.record.id)", "archive": "\(archive.id)", "error": "\(error.message)",
                    ]
                )
                try await owner.store.noteDamage(archive.id, message: error.message, actor: owner.actor)
                // What an earlier attempt may have made of it is not what the next one is made of.
                if let earlier = ambiguous { try await clear([earlier], leased.record) }
                ambiguous = nil
            }
        }
        // Files that are somewhere, even damaged, are not replaced by none.
        if let damage { throw damage }
        return try await create(leased, from: nil, ambiguous)
    }

    /// A box that cannot be deleted now is superseded, and the sweep's; that keeps nobody from being served.
    private func clear(_ boxes: [BoxRecord], _ record: SandboxRecord) async throws {
        do {
            try await Clearance(owner: owner, record: record).clear(boxes)
        } catch let error as DriverError {
            owner.logger.notice(
                "box of an earlier attempt not deleted",
                metadata: ["sandbox": "\(record.id)", "error": "\(error.message)"]
            )
        }
    }

    func resumption(of leased: LeasedSandbox, _ envelope: Envelope) -> BoxResumption {
        BoxResumption(
            envelope: envelope,
            sandbox: leased.record.id,
            epoch: leased.record.epoch,
            spec: leased.record.spec,
            workspace: leased.record.workspace,
            environment: leased.environment
        )
    }

    private func metadata(_ leased: LeasedSandbox, box: String) -> Logger.Metadata {
        ["sandbox": "\(leased.record.id)", "epoch": "\(leased.record.epoch)", "box": "\(box)"]
    }
}
