package import Model
import PostgresClient

extension Store {
    /// Writes down what the user wants of a sandbox, before anything is done about it.
    ///
    /// A delete is final: nothing overwrites it.
    ///
    /// - Returns: The record as it is now; nil when there is no such sandbox.
    package func intend(
        _ intent: Intent,
        for id: SandboxID,
        in workspace: WorkspaceID,
        reason: String? = nil,
        actor: String
    ) async throws -> SandboxRecord? {
        try await query(
            """
            update sandboxes s set
                intent = case when intent = 'delete' then intent else $3 end,
                intent_reason = $4, updated_at = now(), version = version + 1, reap_after = now() + interval '5 seconds',
                event_kind = 'sandbox.' || $3 || '_asked', event_actor = $5, event_reason = $4
            where id = $1 and workspace_id = $2 and deleted_at is null
            returning \(SandboxRecord.columns())
            """,
            [id.rawValue, workspace.rawValue, intent.rawValue, reason, actor]
        )
        .first.map(SandboxRecord.init)
    }

    /// Carries out a stop or delete of a sandbox that has no box and no owner, where nobody outside need be asked.
    ///
    /// - Returns: Whether it is settled; false when a box or an owner stands in the way.
    package func settleWithoutBox(_ id: SandboxID, actor: String) async throws -> Bool {
        try await !query(
            """
            with free as (
                select id, intent from sandboxes s
                where id = $1 and deleted_at is null and lease_state = 'cold' and intent in ('stop', 'delete')
                    and (intent = 'stop' or envelope is null)
                    and not exists (
                        select from boxes b where b.sandbox_id = s.id and (
                            b.state in ('intended', 'live', 'superseded') or (s.intent = 'delete' and b.state = 'stopped')
                        )
                    )
                for update
            )
            update sandboxes s set
                lease_state = case when f.intent = 'delete' then 'terminated' else s.lease_state end,
                deleted_at = case when f.intent = 'delete' then now() end,
                status = 'shutdown', shutdown_at = coalesce(s.shutdown_at, now()), idle_at = null, expires_at = null,
                env_sealed = case when f.intent = 'delete' then null else s.env_sealed end,
                updated_at = now(), version = s.version + 1,
                event_kind = case when f.intent = 'delete' then 'sandbox.deleted' else 'sandbox.stopped' end,
                event_actor = $2, event_reason = s.intent_reason
            from free f where s.id = f.id and not (f.intent = 'stop' and s.status in ('shutdown', 'error'))
            returning s.id
            """,
            [id.rawValue, actor]
        )
        .isEmpty
    }
}
