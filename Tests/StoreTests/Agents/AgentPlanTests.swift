import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

/// What agents cost grows with what happens to them, not with how many there are.
struct AgentPlanTests {
    @Test func noVerbReadsAWholeTable() async throws {
        try await StoreFixture.with { fixture in
            let agent = try await fixture.agent("box", labels: ["gpu": "yes"]).id
            let instance = AgentInstanceID.now()
            _ = try await fixture.session(of: agent, instance)
            try await fill(fixture, agents: 20_000)
            let before = try await scans(fixture)
            try await useEverything(fixture, agent, instance)
            await fixture.pool.shutdown()
            try await eventually("the connections have ended") {
                try await fixture.postgres
                    .sql(
                        """
                        select count(*) from pg_stat_activity where datname = current_database()
                            and backend_type = 'client backend' and pid <> pg_backend_pid()
                        """
                    )
                    .filter { !$0.isWhitespace } == "0"
            }
            #expect(try await scans(fixture) == before)
        }
    }

    private func useEverything(_ fixture: StoreFixture, _ agent: AgentID, _ instance: AgentInstanceID) async throws {
        let store = fixture.store
        #expect(try await store.record([fixture.beat(agent, instance, 1)], actor: "test") == [agent])
        #expect(try await store.markSilentAgents(limit: 64, actor: "test").isEmpty)
        _ = try await fixture.session(of: agent, instance)
        #expect(try await store.agent(named: "box", in: fixture.workspace)?.id == agent)
        #expect(
            try await store.onlineAgents(labelled: ["gpu": "yes"], in: fixture.workspace, limit: 8).map(\.id) == [agent]
        )
        #expect(
            try await store.agents(in: fixture.workspace, state: nil, labels: [:], after: nil, limit: 50).count == 1
        )
        #expect(try await store.enrollments(in: fixture.workspace, after: nil, limit: 50).count == 1)
        #expect(try await store.history(ofAgent: agent, in: fixture.workspace, after: nil, limit: 50)?.count == 3)
        #expect(try await store.revokeAgent(agent, in: fixture.workspace, actor: "test")?.id == agent)
    }

    /// Agents of another workspace, all online.
    private func fill(_ fixture: StoreFixture, agents: Int) async throws {
        let other = WorkspaceID.now()
        try await fixture.postgres.sql(
            """
            insert into workspaces (id, name) values ('\(other)', 'other');
            insert into agent_enrollments (id, workspace_id, token_hash, expires_at, created_by)
                select 'e' || n, '\(other)', '', now(), 'test' from generate_series(1, \(agents)) n;
            insert into agents (id, workspace_id, enrollment_id, name, public_key, host_name, event_actor, state,
                last_beat_at, labels)
                select 'a' || n, '\(other)', 'e' || n, 'n' || n, 'U' || n, 'h', 'test', 'online', now(),
                    '{"gpu": "no"}' from generate_series(1, \(agents)) n;
            """
        )
        try await fixture.postgres.sql("vacuum analyze")
    }

    private func scans(_ fixture: StoreFixture) async throws -> String {
        try await fixture.postgres.sql(
            """
            select relname, seq_scan from pg_stat_user_tables
            where relname in ('agents', 'agent_enrollments', 'outbox') order by relname
            """
        )
    }
}
