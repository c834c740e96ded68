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

    package func establish(_ leased: LeasedSandbox) async throws -> Outcome {
        if let envelope = leased.record.envelope, let externalID = envelope.boxId, leased.record.source == nil {
            // The row of this box; one is always written before the box is.
            let row = leased.boxes.last { $0.externalID == externalID }
            do {
                let box = try await owner.driver.resume(resumption(of: leased, envelope))
                if let row { try await record(row.id, externalID, .live) }
                return Outcome(box: box, id: row?.id ?? owner.newBox())
            } catch let error as DriverError where error.kind == .gone {
                try requireBinding(of: leased.record, for: error)
                owner.logger.notice("box is gone, making another", metadata: metadata(leased, box: externalID))
                if let row { try await record(row.id, externalID, .deleted) }
            }
        }
        return try await restore(leased)
    }

    /// Makes a box from the best archive that can be read; from the image alone only where there is no archive.
    private func restore(_ leased: LeasedSandbox) async throws -> Outcome {
        var damage: DriverError?
        var ambiguous = leased.boxes.last { $0.state == .intended }
        for archive in leased.archives {
            guard let reference = archive.reference else { continue }
            do {
                return try await create(leased, from: reference, ambiguous)
            } catch let error as DriverError where error.kind == .archiveDamaged {
                damage = error
                // The attempt is settled: it made nothing.
                ambiguous = nil
                owner.logger.error(
                    "archive cannot be read",
                    metadata: [
                        "sandbox": "\(leased.record.id)", "archive": "\(archive.id)", "error": "\(error.message)",
                    ]
                )
                try await owner.store.noteDamage(archive.id, message: error.message, actor: owner.actor)
            }
        }
        // Files that are somewhere, even damaged, are not replaced by none.
        if let damage { throw damage }
        return try await create(leased, from: nil, ambiguous)
    }

    /// Makes a box, or finds the one that an earlier owner may have made without living to say so.
    private func create(
        _ leased: LeasedSandbox,
        from source: ArchiveReference?,
        _ ambiguous: BoxRecord?
    ) async throws -> Outcome {
        try owner.driver.descriptor.refuseUnsupported(in: leased.record.spec)
        let native = source?.format == .native ? source : nil
        if let native { try requireOrigin(of: native) }
        let id: BoxID
        switch (owner.driver.descriptor.idempotentCreate, ambiguous) {
        case (.uniqueName, let ambiguous?):
            // The same name again cannot make a second box.
            id = ambiguous.id
        case (.adoptByTag, let ambiguous?):
            if let adopted = try await adopt(leased, ambiguous, source) { return adopted }
            id = owner.newBox()
        case (_, nil):
            id = owner.newBox()
        }
        let binding = owner.driver.binding
        let isIntended = try await owner.store.intendBox(
            id,
            of: leased.record.id,
            epoch: leased.record.epoch,
            provider: leased.record.provider,
            binding: (binding.account, binding.placement),
            deadline: owner.driver.descriptor.createDeadlineSeconds,
            actor: owner.actor
        )
        guard isIntended else { throw NoLease() }
        let creation = BoxCreation(
            tag: BoxTag(fleet: owner.fleet, sandbox: leased.record.id, box: id, epoch: leased.record.epoch),
            spec: leased.record.spec,
            environment: leased.environment,
            source: native
        )
        let box: any Box
        do {
            box = try await owner.driver.create(creation)
        } catch {
            if error.isDefinite { try await record(id, nil, .deleted) }
            throw error
        }
        return try await hydrated(Outcome(box: box, id: id), leased, source)
    }

    /// Fills a box that was just made; a placeholder that cannot be filled is deleted again.
    private func hydrated(_ outcome: Outcome, _ leased: LeasedSandbox, _ source: ArchiveReference?) async throws
        -> Outcome
    {
        guard let source, source.format == .portable else { return outcome }
        do {
            guard let archiver = owner.archiver else {
                throw DriverError(.unsupported, "This worker has no archive store to restore from.")
            }
            try await archiver.hydrate(outcome.box, from: source)
            return outcome
        } catch {
            let envelope = outcome.box.envelope
            await outcome.box.detach()
            do throws(DriverError) {
                try await owner.driver.delete(envelope, epoch: leased.record.epoch)
            } catch {
                // It stays known, and is never used: whoever comes next deletes it.
                try await record(outcome.id, envelope.boxId, .superseded)
                throw error
            }
            try await record(outcome.id, envelope.boxId, .deleted)
            throw error
        }
    }

    /// Looks for the box of an unanswered create by its tag; while the call may still succeed, nobody creates again (rule 9).
    private func adopt(
        _ leased: LeasedSandbox,
        _ ambiguous: BoxRecord,
        _ source: ArchiveReference?
    ) async throws -> Outcome? {
        let listing = try await owner.driver.list().first { $0.tag?.box == ambiguous.id }
        guard let listing else {
            let patience = Double(owner.driver.descriptor.listingDelaySeconds)
            guard ambiguous.callDeadline.addingTimeInterval(patience) < owner.now() else {
                throw Fault(
                    .providerConflict,
                    "An earlier create was not answered; it may still succeed.",
                    hint: "Try again later.",
                    retryAfter: Int(patience) + 1
                )
            }
            try await record(ambiguous.id, nil, .deleted)
            return nil
        }
        try await record(ambiguous.id, listing.externalID, .live)
        let envelope = Envelope(
            backendId: leased.record.provider,
            sessionState: .init(providerState: ["boxId": listing.externalID], workspaceReady: true)
        )
        let box = try await owner.driver.resume(resumption(of: leased, envelope))
        return try await hydrated(Outcome(box: box, id: ambiguous.id), leased, source)
    }

    private func record(_ box: BoxID, _ externalID: String?, _ state: BoxRecord.State) async throws {
        try await owner.store.recordBox(box, externalID: externalID, state: state, lifetime: nil, actor: owner.actor)
    }

    private func resumption(of leased: LeasedSandbox, _ envelope: Envelope) -> BoxResumption {
        BoxResumption(
            envelope: envelope,
            sandbox: leased.record.id,
            epoch: leased.record.epoch,
            spec: leased.record.spec,
            environment: leased.environment
        )
    }

    /// A NotFound under other credentials, or from another host, proves nothing.
    private func requireBinding(of record: SandboxRecord, for error: DriverError) throws {
        guard record.account.map({ $0 == owner.driver.binding.account }) ?? true else {
            throw DriverError(.unauthorized, "The box belongs to another account than this worker's.")
        }
        guard record.placement == owner.driver.binding.placement else {
            throw DriverError(.placementOffline, "The box is on another host.")
        }
    }

    /// A native archive can be judged only where it was made.
    private func requireOrigin(of archive: ArchiveReference) throws {
        let binding = owner.driver.binding
        guard archive.version <= ArchiveReference.currentVersion else {
            throw DriverError(.unsupported, "The archive was written by a later version of this fleet.")
        }
        guard archive.account.map({ $0 == binding.account }) ?? true else {
            throw DriverError(.unauthorized, "The archive belongs to another account than this worker's.")
        }
        guard archive.placement == binding.placement else {
            throw DriverError(.placementOffline, "The archive is on another host.")
        }
    }

    private func metadata(_ leased: LeasedSandbox, box: String) -> Logger.Metadata {
        ["sandbox": "\(leased.record.id)", "epoch": "\(leased.record.epoch)", "box": "\(box)"]
    }
}
