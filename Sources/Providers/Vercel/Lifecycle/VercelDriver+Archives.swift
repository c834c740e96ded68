import FoundationEssentials
package import Model
package import ProviderKit

extension VercelDriver {
    /// Takes a snapshot, with which the session ends; the next command begins another one.
    ///
    /// Snapshots have no name of ours: the sandbox's tag says for which archive the last one was taken, before it is taken.
    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        let name = try identify(capture.envelope)
        let before = try await settled(name, of: capture.envelope)
        try refuse(capture.epoch, behind: before.sandbox)
        if let taken = try await snapshot(for: capture.archive, before) { return reference(to: taken, capture.archive) }
        _ = try await running(name, of: capture.envelope)
        let answer = try await owned(name, of: capture.envelope, epoch: capture.epoch)
        var tags = VercelTags(answer.sandbox)
        tags.archive = capture.archive
        tags.epoch = tags.epoch.map { max($0, capture.epoch) }
        try await api.tag(name, tags.all, of: capture.envelope)
        do throws(DriverError) {
            let taken = try await api.snapshot(
                session: answer.session.id,
                // Whoever keeps the ledger deletes it.
                expiration: .zero,
                within: configuration.patience
            )
            return reference(to: taken, capture.archive)
        } catch {
            // Perhaps it is being taken all the same, or the session has ended by itself.
            guard [.timeout, .transient].contains(error.kind) else { throw error }
            let after = try await settled(name, of: capture.envelope)
            guard let taken = try await snapshot(for: capture.archive, after) else { throw error }
            return reference(to: taken, capture.archive)
        }
    }

    /// The sandbox once its session is not ending any more.
    private func settled(_ name: String, of box: Envelope) async throws(DriverError) -> SandboxAnswer {
        try await BoundedWait(limit: configuration.patience)
            .until("\(name) to be saved") { () throws(DriverError) in
                let answer = try await look(name, of: box)
                let state = ObservedState<VercelState>(answer.session.status)
                return state.meaning == .leaving ? .notYet(state.raw) : .ready(answer)
            }
    }

    /// What an earlier try has taken for this archive: the snapshot of the session that the tag was written in.
    private func snapshot(
        for archive: ArchiveID,
        _ answer: SandboxAnswer
    ) async throws(DriverError) -> SnapshotDocument? {
        guard VercelTags(answer.sandbox).archive == archive, let id = answer.sandbox.currentSnapshotId,
            ObservedState<VercelState>(answer.session.status).meaning == .stopped
        else { return nil }
        guard let snapshot = try await own(id) else { return nil }
        return snapshot.sourceSessionId == answer.session.id ? snapshot : nil
    }

    /// A snapshot that was asked for.
    ///
    /// - Returns: Nil for one that was taken because a session ended: that one goes with the sandbox, or expires. Nil when there is
    ///   none.
    private func own(_ id: String) async throws(DriverError) -> SnapshotDocument? {
        do throws(DriverError) {
            let snapshot = try await api.snapshot(id)
            return snapshot.isOfItsSandbox ? nil : snapshot
        } catch {
            guard error.kind == .invalid else { throw error }
            return nil
        }
    }

    private func reference(to snapshot: SnapshotDocument, _ archive: ArchiveID) -> ArchiveReference {
        ArchiveReference(
            format: .native,
            id: archive,
            provider: Self.name,
            account: binding.account,
            externalID: snapshot.id,
            createdAt: Date(timeIntervalSince1970: Double(snapshot.createdAt) / 1000),
            sizeBytes: snapshot.sizeBytes
        )
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        try await discard(archive, externalID: nil, account: nil)
    }

    /// - Throws: `conflict` while some sandbox would go on from that snapshot: its files are there and nowhere else.
    package func discard(_ archive: ArchiveID, externalID: String?, account: String?) async throws(DriverError) {
        guard account == nil || account == binding.account else { throw .otherAccount }
        var snapshot = externalID
        if snapshot == nil { snapshot = try await unpublished(archive) }
        guard let snapshot else { return }
        let sandboxes = try await api.sandboxes(tag: (VercelTags.fleetName, configuration.fleet.rawValue))
        if let user = sandboxes.first(where: { $0.currentSnapshotId == snapshot }) {
            throw DriverError(
                .conflict,
                "The sandbox \(user.name) at Vercel goes on from this snapshot: it stays until then."
            )
        }
        try await api.delete(snapshot: snapshot)
    }

    /// The snapshot of a capture that nobody has heard the end of.
    private func unpublished(_ archive: ArchiveID) async throws(DriverError) -> String? {
        guard let sandbox = try await api.sandboxes(tag: (VercelTags.archiveName, archive.rawValue)).first,
            let id = sandbox.currentSnapshotId, let snapshot = try await own(id),
            snapshot.sourceSessionId == sandbox.currentSessionId
        else { return nil }
        return id
    }

    /// Those that some sandbox was last saved for: snapshots themselves carry no word of ours.
    package func archives() async throws(DriverError) -> [ArchiveID] {
        try await api.sandboxes(tag: (VercelTags.fleetName, configuration.fleet.rawValue))
            .compactMap { VercelTags($0).archive }
    }
}
