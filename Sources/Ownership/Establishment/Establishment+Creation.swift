import FoundationEssentials
import Model
import ProviderKit

extension Establishment {
    /// Seconds from the intent to make a box within which the call has to begin.
    private static let patience = 5

    /// Makes a box, or finds the one that an earlier owner may have made without living to say so.
    func create(
        _ leased: LeasedSandbox,
        from source: ArchiveReference?,
        _ ambiguous: BoxRecord?
    ) async throws -> Outcome {
        try owner.driver.descriptor.refuseUnsupported(in: leased.record.spec)
        guard source == nil || !owner.driver.descriptor.isUsersMachine else {
            throw DriverError(.unsupported, "A user's own machine is not filled from an archive.")
        }
        let native = source?.format == .native ? source : nil
        let record = leased.record
        if let source { try await requireOrigin(of: source, for: record.workspace) }
        let binding = try await owner.driver.binding(for: record.workspace)
        var id = owner.newBox()
        var ambiguous = ambiguous
        if let earlier = ambiguous {
            try await owner.requireBinding(of: earlier)
            if earlier.account != binding.account {
                // Begun before the workspace had another account: under the same name there would be one in each.
                try await Clearance(owner: owner, record: record).clear([earlier])
                ambiguous = nil
            }
        }
        if let ambiguous {
            switch owner.driver.descriptor.idempotentCreate {
            case .uniqueName:
                // The same name again cannot make a second box.
                id = ambiguous.id
            case .adoptByTag:
                if let adopted = try await adopt(leased, ambiguous, source) { return adopted }
            }
        }
        let intended = owner.now()
        let reason = source != nil ? BoxReason.restored : record.envelope?.boxId == nil ? .created : .replaced
        try await intend(id, record, binding, because: reason)
        // Whoever comes next waits for this call from the intent on: one that would begin later is not made.
        guard owner.now().timeIntervalSince(intended) < Double(Self.patience) else {
            throw DriverError(.timeout, "The database took too long for a box to be made in time.")
        }
        let creation = BoxCreation(
            tag: BoxTag(fleet: owner.fleet, sandbox: record.id, box: id, epoch: record.epoch),
            spec: record.spec,
            workspace: record.workspace,
            account: binding.account,
            environment: leased.environment,
            source: native
        )
        let box: any Box
        do {
            box = try await owner.driver.create(creation)
        } catch {
            // This call made nothing; of an earlier one under the same name that is not said.
            if error.isDefinite, id != ambiguous?.id {
                try await owner.note(id, of: record, nil, .deleted, because: .failedStart)
            }
            throw error
        }
        return try await hydrated(Outcome(box: box, id: id), record, source)
    }

    private func intend(
        _ id: BoxID,
        _ record: SandboxRecord,
        _ binding: Binding,
        because reason: BoxReason
    ) async throws {
        let isIntended = try await owner.store.intendBox(
            id,
            of: record.id,
            epoch: record.epoch,
            provider: record.provider,
            binding: (binding.account, binding.placement),
            deadline: owner.driver.descriptor.createDeadlineSeconds + Self.patience,
            reason: reason,
            actor: owner.actor
        )
        guard isIntended else { throw NoLease() }
    }

    /// Fills a box that was just made; a placeholder that cannot be filled is deleted again.
    private func hydrated(
        _ outcome: Outcome,
        _ record: SandboxRecord,
        _ source: ArchiveReference?
    ) async throws -> Outcome {
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
            // First: from here on nobody uses it, whether it can be deleted or not.
            try await owner.note(outcome.id, of: record, envelope.boxId, .superseded, because: .failedStart)
            try await owner.requireLease(record)
            try await owner.driver.delete(envelope, epoch: record.epoch)
            try await owner.note(outcome.id, of: record, envelope.boxId, .deleted, because: .failedStart)
            throw error
        }
    }

    /// Looks for the box of an unanswered create by its tag; while the call may still succeed, nobody creates again (rule 9).
    ///
    /// - Returns: Nil when there is none, and there will be none.
    private func adopt(
        _ leased: LeasedSandbox,
        _ ambiguous: BoxRecord,
        _ source: ArchiveReference?
    ) async throws -> Outcome? {
        let record = leased.record
        // A listing tells of the moment when it was asked for, however late it answers.
        let asked = owner.now()
        guard let listing = try await owner.driver.list().first(where: { $0.tag?.box == ambiguous.id }) else {
            guard ambiguous.isSettled(by: asked, owner.driver.descriptor) else {
                throw Fault(
                    .providerConflict,
                    "An earlier create was not answered; it may still succeed.",
                    hint: "Try again later.",
                    retryAfter: owner.driver.descriptor.listingDelaySeconds + 1
                )
            }
            try await owner.note(ambiguous.id, of: record, nil, .deleted, because: .notMade)
            return nil
        }
        // The attempt is ours from here: what its first owner learns late changes nothing.
        let binding = try await owner.driver.binding(for: record.workspace)
        try await intend(ambiguous.id, record, binding, because: .takenOver)
        try await owner.note(ambiguous.id, of: record, listing.externalID, .intended, because: .takenOver)
        if source?.format == .portable {
            // Nobody knows how far its filling got.
            var found = ambiguous
            found.externalID = listing.externalID
            try await Clearance(owner: owner, record: record).clear([found])
            return nil
        }
        let envelope = try await owner.envelope(of: ambiguous, externalID: listing.externalID, record)
        do throws(DriverError) {
            return Outcome(box: try await owner.driver.resume(resumption(of: leased, envelope)), id: ambiguous.id)
        } catch {
            guard error.kind == .gone else { throw error }
            try await owner.note(ambiguous.id, of: record, listing.externalID, .deleted, because: .gone)
            return nil
        }
    }

    /// A native archive can be judged only where it was made.
    func requireOrigin(of archive: ArchiveReference, for workspace: WorkspaceID) async throws {
        guard archive.format == .native else { return }
        let binding = try await owner.driver.binding(for: workspace)
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
}
