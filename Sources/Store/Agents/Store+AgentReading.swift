package import Model
import PostgresClient

extension Store {
    /// One agent, whatever its workspace, also one that is revoked: for the agent itself.
    package func agent(_ id: AgentID) async throws -> AgentRecord? {
        try await query("select \(AgentRecord.columns()) from agents a where id = $1", [id.rawValue])
            .first.map(AgentRecord.init)
    }

    /// One agent of a workspace; nil when it is absent, deleted or another workspace's.
    package func agent(_ id: AgentID, in workspace: WorkspaceID) async throws -> AgentRecord? {
        try await query(
            """
            select \(AgentRecord.columns()) from agents a
            where id = $1 and workspace_id = $2 and revoked_at is null
            """,
            [id.rawValue, workspace.rawValue]
        )
        .first.map(AgentRecord.init)
    }

    package func agent(named name: String, in workspace: WorkspaceID) async throws -> AgentRecord? {
        try await query(
            """
            select \(AgentRecord.columns()) from agents a
            where workspace_id = $1 and name = $2 and revoked_at is null
            """,
            [workspace.rawValue, name]
        )
        .first.map(AgentRecord.init)
    }

    /// For how long an agent has been silent, by the database's clock, and for how long calls wait for it since.
    ///
    /// - Returns: Nil when nobody expects it: it was never heard, has left, or is not there any more.
    package func silence(of agent: AgentID) async throws -> (silence: Duration, window: Duration)? {
        try await query(
            """
            select (extract(epoch from clock_timestamp() - last_beat_at) * 1000)::bigint as silence, reconnect_window_ms
            from agents where id = $1 and revoked_at is null and state in ('online', 'reconnecting')
            """,
            [agent.rawValue]
        )
        .first
        .map { row in
            (
                .milliseconds(max(0, try row.get("silence", as: Int64.self))),
                .milliseconds(try row.get("reconnect_window_ms", as: Int.self))
            )
        }
    }

    /// The agents of a workspace, newest first.
    ///
    /// - Parameters:
    ///   - labels: All of which an agent has to have.
    ///   - cursor: The last id of the page before.
    package func agents(
        in workspace: WorkspaceID,
        state: AgentState?,
        labels: [String: String],
        after cursor: AgentID?,
        limit: Int
    ) async throws -> [AgentRecord] {
        try await query(
            """
            select \(AgentRecord.columns()) from agents a
            where workspace_id = $1 and revoked_at is null and ($2::text is null or state = $2)
                and ($3::jsonb is null or labels @> $3) and ($4::text is null or id < $4)
            order by id desc limit $5
            """,
            [
                workspace.rawValue, state?.rawValue,
                labels.isEmpty ? nil : try PostgresJSON(encoding: labels), cursor?.rawValue, limit,
            ]
        )
        .map(AgentRecord.init)
    }

    /// Agents that are online and have all these labels, the one with the fewest sandboxes first.
    package func onlineAgents(
        labelled labels: [String: String],
        in workspace: WorkspaceID,
        limit: Int
    ) async throws -> [AgentRecord] {
        try await query(
            """
            select \(AgentRecord.columns()) from agents a
            where workspace_id = $1 and revoked_at is null and labels @> $2 and state = 'online'
            order by coalesce((load ->> 'sandboxes')::bigint, 0), id limit $3
            """,
            [workspace.rawValue, try PostgresJSON(encoding: labels), limit]
        )
        .map(AgentRecord.init)
    }

    /// What happened to an agent, oldest first; also to a deleted one.
    ///
    /// - Parameter cursor: The last version of the page before.
    /// - Returns: Nil when the workspace never had such an agent.
    package func history(
        ofAgent agent: AgentID,
        in workspace: WorkspaceID,
        after cursor: Int64?,
        limit: Int
    ) async throws -> [OutboxEvent]? {
        let events = try await query(
            """
            select id, workspace_id, kind, subject_id, version, actor, payload, created_at from outbox
            where subject_id = $1 and workspace_id = $2 and version > $3 and kind like 'agent.%'
            order by version limit $4
            """,
            [agent.rawValue, workspace.rawValue, cursor ?? 0, limit]
        )
        .map(OutboxEvent.init)
        guard events.isEmpty else { return events }
        let known = try await query(
            "select 1 from agents where id = $1 and workspace_id = $2",
            [agent.rawValue, workspace.rawValue]
        )
        return known.isEmpty ? nil : []
    }
}
