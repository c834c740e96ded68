package import Model
import PostgresClient

extension Store {
    /// What happened to a sandbox and to its boxes, archives and processes, oldest first; also of a deleted one.
    ///
    /// Events are kept for a time after they have left for the bus (`forgetPublishedEvents`).
    ///
    /// - Parameter cursor: The last id of the page before.
    /// - Returns: Nil when the workspace has no such sandbox, and nothing is known of one.
    package func history(
        of sandbox: SandboxID,
        in workspace: WorkspaceID,
        after cursor: Int64?,
        limit: Int
    ) async throws -> [OutboxEvent]? {
        let events = try await query(
            """
            select id, workspace_id, kind, subject_id, version, actor, payload, created_at from outbox
            where sandbox_id = $1 and workspace_id = $2 and id > $3 order by id limit $4
            """,
            [sandbox.rawValue, workspace.rawValue, cursor ?? 0, limit]
        )
        .map(OutboxEvent.init)
        guard events.isEmpty else { return events }
        let known = try await query(
            """
            select 1 from sandboxes where id = $1 and workspace_id = $2
            union all
            (select 1 from outbox where sandbox_id = $1 and workspace_id = $2 limit 1)
            """,
            [sandbox.rawValue, workspace.rawValue]
        )
        return known.isEmpty ? nil : []
    }
}
