package import Model
import PostgresClient

extension Store {
    /// One row of the ledger, whatever it was made for and whatever became of it; nil when it is absent or another
    /// workspace's.
    package func archive(_ id: ArchiveID, in workspace: WorkspaceID) async throws -> ArchiveRecord? {
        try await query(
            "select * from archives where id = $1 and workspace_id = $2",
            [id.rawValue, workspace.rawValue]
        )
        .first.map(ArchiveRecord.init)
    }
}
