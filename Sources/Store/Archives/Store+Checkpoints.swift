package import Model
import PostgresClient

/// What users do with the checkpoints of their workspace.
extension Store {
    /// One checkpoint of a workspace; nil when it is absent, deleted or another workspace's.
    ///
    /// One of which nothing whole came can be read for good, so that it can be told why.
    package func checkpoint(_ id: ArchiveID, in workspace: WorkspaceID) async throws -> ArchiveRecord? {
        try await query(
            """
            select * from archives
            where id = $1 and workspace_id = $2 and purpose = 'checkpoint'
                and (state <> 'deleted' or (published_at is null and error is not null))
            """,
            [id.rawValue, workspace.rawValue]
        )
        .first.map(ArchiveRecord.init)
    }

    /// The checkpoints of a workspace, or of one sandbox, newest first; also of sandboxes that are deleted.
    ///
    /// - Parameter cursor: The last id of the page before.
    package func checkpoints(
        in workspace: WorkspaceID,
        of sandbox: SandboxID? = nil,
        after cursor: ArchiveID?,
        limit: Int
    ) async throws -> [ArchiveRecord] {
        // Two statements, as each has an index of its own.
        let narrowed = sandbox == nil ? "$4::text is null" : "sandbox_id = $4"
        return try await query(
            """
            select * from archives
            where workspace_id = $1 and purpose = 'checkpoint' and state <> 'deleted'
                and ($2::text is null or (created_at, id) < (select created_at, id from archives where id = $2))
                and \(narrowed)
            order by created_at desc, id desc limit $3
            """,
            [workspace.rawValue, cursor?.rawValue, limit, sandbox?.rawValue]
        )
        .map(ArchiveRecord.init)
    }

    /// Marks a checkpoint for deletion, whatever state it is in; again is the same.
    ///
    /// One that is being saved is collected when its maker is done with it, one that a sandbox is to begin with when that
    /// has its files.
    ///
    /// - Returns: Whether the workspace has, or had, such a checkpoint.
    package func deleteCheckpoint(_ id: ArchiveID, in workspace: WorkspaceID, actor: String) async throws -> Bool {
        try await !query(
            """
            with known as (
                select id, state from archives
                where id = $1 and workspace_id = $2 and purpose = 'checkpoint' for update
            ), marked as (
                update archives a set state = 'delete_pending', reap_after = now(), attempts = 0, event_actor = $3
                from known k where a.id = k.id and k.state in ('candidate', 'current', 'delete_failed')
            )
            select id from known
            """,
            [id.rawValue, workspace.rawValue, actor]
        )
        .isEmpty
    }
}
