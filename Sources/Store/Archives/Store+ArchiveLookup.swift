package import Model
import PostgresClient

extension Store {
    /// One row of the ledger, in whatever state and workspace; its caller judges both.
    package func archiveRecord(_ id: ArchiveID) async throws -> ArchiveRecord? {
        try await query("select * from archives where id = $1", [id.rawValue]).first.map(ArchiveRecord.init)
    }
}
