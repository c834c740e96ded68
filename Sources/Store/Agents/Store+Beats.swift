package import Model
import PostgresClient

/// The newest that was heard of one run of an agent.
package struct AgentBeat: Sendable, Hashable {
    package var workspace: WorkspaceID
    package var agent: AgentID
    package var instance: AgentInstanceID
    package var sequence: Int64
    /// It said that it leaves.
    package var isLeaving: Bool
    package var load: AgentLoad?
    package var capabilities: AgentCapabilities?

    package init(
        workspace: WorkspaceID,
        agent: AgentID,
        instance: AgentInstanceID,
        sequence: Int64,
        isLeaving: Bool,
        load: AgentLoad?,
        capabilities: AgentCapabilities?
    ) {
        self.workspace = workspace
        self.agent = agent
        self.instance = instance
        self.sequence = sequence
        self.isLeaving = isLeaving
        self.load = load
        self.capabilities = capabilities
    }
}

extension Store {
    /// Writes the beats of many agents by one statement, each only when it is of the run that may speak, and newer than
    /// what is known.
    ///
    /// - Parameter beats: At most one of each run.
    /// - Returns: The agents whose beat was news.
    package func record(_ beats: [AgentBeat], actor: String) async throws -> Set<AgentID> {
        guard !beats.isEmpty else { return [] }
        // Locked in one order: another reaper may have beats of the same agents.
        let rows = try await query(
            """
            with beats as (
                select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[])
                    as b (id, workspace, instance, sequence, word, load, capabilities)
            ), locked as (
                select a.id from agents a where a.id = any($1::text[]) order by a.id for no key update
            )
            update agents a set beat_sequence = b.sequence, last_beat_at = now(), state = b.word,
                state_at = case when a.state <> b.word then now() else a.state_at end,
                load = coalesce(b.load::jsonb, a.load), capabilities = coalesce(b.capabilities::jsonb, a.capabilities),
                version = a.version + case when a.state <> b.word then 1 else 0 end,
                event_kind = case when a.state <> b.word then 'agent.' || b.word else a.event_kind end,
                event_actor = case when a.state <> b.word then $8 else a.event_actor end,
                event_reason = case when a.state = b.word then a.event_reason
                    when b.word = 'offline' then 'leaving' else 'beat' end
            from beats b join locked l on l.id = b.id
            where a.id = b.id and a.workspace_id = b.workspace and a.instance = b.instance
                and a.revoked_at is null and b.sequence > a.beat_sequence
            returning a.id
            """,
            [
                beats.map(\.agent.rawValue), beats.map(\.workspace.rawValue), beats.map(\.instance.rawValue),
                beats.map(\.sequence), beats.map { ($0.isLeaving ? AgentState.offline : .online).rawValue },
                try beats.map { try $0.load.map { try PostgresJSON(encoding: $0).text } },
                try beats.map { try $0.capabilities.map { try PostgresJSON(encoding: $0).text } }, actor,
            ]
        )
        return Set(try rows.map { try $0.identifier("id") })
    }

    /// Turns silence into states, by the database's clock: `reconnecting` after 15 seconds, `offline` after the agent's own
    /// window.
    ///
    /// - Returns: What became of those whose state changed.
    package func markSilentAgents(limit: Int, actor: String) async throws -> [AgentState] {
        try await query(
            """
            with due as (
                select id, case when last_beat_at < now() - \(Self.window) then 'offline' else 'reconnecting' end as word
                from agents
                where state in ('online', 'reconnecting') and last_beat_at < now() - \(Self.silence)
                    and (state = 'online' or last_beat_at < now() - \(Self.window))
                order by last_beat_at limit $1 for update skip locked
            )
            update agents a set state = d.word, state_at = now(), version = version + 1,
                event_kind = 'agent.' || d.word, event_actor = $2, event_reason = 'silent'
            from due d where a.id = d.id returning a.state
            """,
            [limit, actor]
        )
        .map { try $0.word("state") }
    }

    private static let silence = "interval '\(AgentState.silence.components.seconds) seconds'"
    /// A window counts from the last beat, and is no shorter than the silence that begins it.
    private static let window = "greatest(make_interval(secs => reconnect_window_ms / 1000.0), \(silence))"
}
