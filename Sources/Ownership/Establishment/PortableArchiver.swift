package import Model
package import ProviderKit

/// Moves the files of a box into an archive that any provider's box can be filled with, and back.
package protocol PortableArchiver: Sendable {
    /// Saves the workspace of a running box as a whole, or throws and leaves nothing.
    func capture(_ box: any Box, as archive: ArchiveID) async throws -> ArchiveReference

    /// Fills a fresh box.
    ///
    /// - Throws: `DriverError` of kind `archiveDamaged` when the archive is missing or cannot be read.
    func hydrate(_ box: any Box, from archive: ArchiveReference) async throws
}
