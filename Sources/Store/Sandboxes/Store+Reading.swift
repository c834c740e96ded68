package import Model
import PostgresClient

extension Store {
    /// One sandbox of a workspace; nil when it is absent, deleted or another workspace's.
    package func sandbox(_ id: SandboxID, in workspace: WorkspaceID) async throws -> SandboxRecord? {
        try await query(
            """
            select \(SandboxRecord.columns()) from sandboxes s
            where id = $1 and workspace_id = $2 and deleted_at is null
            """,
            [id.rawValue, workspace.rawValue]
        )
        .first.map(SandboxRecord.init)
    }

    /// The sandbox that has a name; one that failed for good has given it back.
    package func sandbox(named name: String, in workspace: WorkspaceID) async throws -> SandboxRecord? {
        try await query(
            """
            select \(SandboxRecord.columns()) from sandboxes s
            where workspace_id = $1 and name = $2 and deleted_at is null and status <> 'error'
            """,
            [workspace.rawValue, name]
        )
        .first.map(SandboxRecord.init)
    }

    /// The sandboxes of a workspace, newest first.
    ///
    /// - Parameter cursor: The last id of the page before.
    package func sandboxes(
        in workspace: WorkspaceID,
        status: SandboxStatus?,
        after cursor: SandboxID?,
        limit: Int
    ) async throws -> [SandboxRecord] {
        // A comparison that may be left out at run time finds no index.
        let wanted = status == nil ? "$2::text is null" : "status = $2"
        return try await query(
            """
            select \(SandboxRecord.columns()) from sandboxes s
            where workspace_id = $1 and deleted_at is null
                and \(wanted) and ($3::text is null or id < $3)
            order by id desc limit $4
            """,
            [workspace.rawValue, status?.rawValue, cursor?.rawValue, limit]
        )
        .map(SandboxRecord.init)
    }
}
