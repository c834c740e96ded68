package import Model
import ProviderHTTP
package import ProviderKit

extension VercelDriver {
    /// Takes a snapshot, with which the session ends; the next command begins another one.
    ///
    /// Snapshots have no name of ours: the sandbox's tag says for which archive the last one was taken, before it is taken.
    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        let (name, account) = try await identify(capture.envelope)
        let before = try await account.settled(name, of: capture.envelope)
        try account.refuse(capture.epoch, behind: before.sandbox)
        if let taken = try await account.snapshot(for: capture.archive, before) {
            return account.reference(to: taken, capture.archive)
        }
        _ = try await account.running(name, of: capture.envelope)
        let answer = try await account.owned(name, of: capture.envelope, epoch: capture.epoch)
        var tags = VercelTags(answer.sandbox)
        tags.archive = capture.archive
        tags.epoch = tags.epoch.map { max($0, capture.epoch) }
        try await account.api.tag(name, tags.all, of: capture.envelope)
        do throws(DriverError) {
            let taken = try await account.api.snapshot(
                session: answer.session.id,
                // Whoever keeps the ledger deletes it.
                expiration: .zero,
                within: configuration.patience
            )
            return account.reference(to: taken, capture.archive)
        } catch {
            // Perhaps it is being taken all the same, or the session has ended by itself.
            guard [.timeout, .transient].contains(error.kind) else { throw error }
            let after = try await account.settled(name, of: capture.envelope)
            guard let taken = try await account.snapshot(for: capture.archive, after) else { throw error }
            return account.reference(to: taken, capture.archive)
        }
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        try await discard(archive, externalID: nil, account: nil)
    }

    /// - Throws: `conflict` while some sandbox would go on from that snapshot: its files are there and nowhere else.
    package func discard(_ archive: ArchiveID, externalID: String?, account: String?) async throws(DriverError) {
        guard let account = await accounts.account(named: account ?? binding.account) else { throw .otherAccount }
        var snapshot = externalID
        if snapshot == nil { snapshot = try await account.unpublished(archive) }
        guard let snapshot else { return }
        let sandboxes = try await account.sandboxes(of: configuration.fleet)
        if let user = sandboxes.first(where: { $0.currentSnapshotId == snapshot }) {
            throw DriverError(
                .conflict,
                "The sandbox \(user.name) at Vercel goes on from this snapshot: it stays until then."
            )
        }
        try await account.api.delete(snapshot: snapshot)
    }

    /// Those that some sandbox was last saved for: snapshots themselves carry no word of ours.
    package func archives() async throws(DriverError) -> [ArchiveID] {
        try await accounts.gather("archives") { [fleet = configuration.fleet] account throws(DriverError) in
            try await account.sandboxes(of: fleet).compactMap { VercelTags($0).archive }
        }
    }
}
