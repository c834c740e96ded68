package import Model
package import ProviderKit

extension LocalDriver {
    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        let box = try identify(capture.envelope)
        let keeper = keeper
        let record = try await pool.run { () throws(DriverError) in
            try keeper.capture(capture.archive, of: box, sandbox: capture.sandbox, epoch: capture.epoch)
        }
        return ArchiveReference(
            format: .native,
            id: capture.archive,
            provider: Self.name,
            account: binding.account,
            placement: binding.placement,
            externalID: capture.archive.rawValue,
            createdAt: record.createdAt,
            sizeBytes: record.size
        )
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        let keeper = keeper
        let trash = try await pool.run { () throws(DriverError) in try keeper.discard(archive) }
        for path in trash { removeLater(path) }
    }

    package func archives() async throws(DriverError) -> [ArchiveID] {
        let keeper = keeper
        return try await pool.run { () throws(DriverError) in try keeper.archives() }
    }

    /// The archive of a reference, if it is one of this data directory's.
    func identify(_ reference: ArchiveReference) throws(DriverError) -> ArchiveID {
        guard reference.provider == Self.name, reference.format == .native else {
            throw DriverError(.invalid, "the archive is not a local box's")
        }
        guard reference.placement == binding.placement else {
            throw DriverError(.placementOffline, "the archive lies on another host or under another data directory")
        }
        guard let archive = ArchiveID(reference.externalID) else {
            throw DriverError(.archiveDamaged, "the reference does not name an archive")
        }
        return archive
    }
}
