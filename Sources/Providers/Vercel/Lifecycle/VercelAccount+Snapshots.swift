import FoundationEssentials
import Model
import ProviderKit

extension VercelAccount {
    /// The sandbox once its session is not ending any more.
    func settled(_ name: String, of box: Envelope) async throws(DriverError) -> SandboxAnswer {
        try await BoundedWait(limit: patience)
            .until("\(name) to be saved") { () throws(DriverError) in
                let answer = try await look(name, of: box)
                let state = ObservedState<VercelState>(answer.session.status)
                return state.meaning == .leaving ? .notYet(state.raw) : .ready(answer)
            }
    }

    /// What an earlier try has taken for this archive: the snapshot of the session that the tag was written in.
    func snapshot(
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
    func own(_ id: String) async throws(DriverError) -> SnapshotDocument? {
        do throws(DriverError) {
            let snapshot = try await api.snapshot(id)
            return snapshot.isOfItsSandbox ? nil : snapshot
        } catch {
            guard error.kind == .invalid else { throw error }
            return nil
        }
    }

    func reference(to snapshot: SnapshotDocument, _ archive: ArchiveID) -> ArchiveReference {
        ArchiveReference(
            format: .native,
            id: archive,
            provider: VercelDriver.name,
            account: binding.account,
            externalID: snapshot.id,
            createdAt: Date(timeIntervalSince1970: Double(snapshot.createdAt) / 1000),
            sizeBytes: snapshot.sizeBytes
        )
    }

    /// The snapshot of a capture that nobody has heard the end of.
    func unpublished(_ archive: ArchiveID) async throws(DriverError) -> String? {
        guard let sandbox = try await api.sandboxes(tag: (VercelTags.archiveName, archive.rawValue)).first,
            let id = sandbox.currentSnapshotId, let snapshot = try await own(id),
            snapshot.sourceSessionId == sandbox.currentSessionId
        else { return nil }
        return id
    }

    func sandboxes(of fleet: FleetID) async throws(DriverError) -> [SandboxDocument] {
        try await api.sandboxes(tag: (VercelTags.fleetName, fleet.rawValue))
    }
}
