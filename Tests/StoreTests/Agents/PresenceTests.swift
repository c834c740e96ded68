import FleetTesting
import Foundation
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct PresenceTests {
    /// What a worker that has just started goes by.
    @Test func silenceIsToldOfWhoIsExpected() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let agent = try await fixture.agent("box").id
            let instance = AgentInstanceID.now()
            #expect(try await store.silence(of: agent) == nil)
            #expect(try await store.silence(of: .now()) == nil)
            _ = try await fixture.session(of: agent, instance)
            _ = try await store.record([fixture.beat(agent, instance, 1)], actor: "test")
            try await fixture.silence(agent, seconds: 40)
            for _ in 0..<2 {
                let silence = try #require(try await store.silence(of: agent))
                #expect(silence.silence >= .seconds(40) && silence.silence < .seconds(400))
                #expect(silence.window == .seconds(120))
                _ = try await store.markSilentAgents(limit: 10, actor: "test")
            }
            _ = try await store.record([fixture.beat(agent, instance, 2, leaving: true)], actor: "test")
            #expect(try await store.silence(of: agent) == nil)
        }
    }

    @Test func silenceBecomesStates() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let agent = try await fixture.agent("box").id
            let instance = AgentInstanceID.now()
            _ = try await fixture.session(of: agent, instance)
            // Never heard: nothing to fall silent.
            #expect(try await store.markSilentAgents(limit: 10, actor: "test").isEmpty)
            _ = try await store.record([fixture.beat(agent, instance, 1)], actor: "test")
            try await fixture.silence(agent, seconds: 10)
            #expect(try await store.markSilentAgents(limit: 10, actor: "test").isEmpty)
            try await fixture.silence(agent, seconds: 16)
            #expect(try await store.markSilentAgents(limit: 10, actor: "test") == [.reconnecting])
            #expect(try await store.markSilentAgents(limit: 10, actor: "test").isEmpty)
            // An old beat is no news.
            #expect(try await store.record([fixture.beat(agent, instance, 1)], actor: "test") == [])
            #expect(try await store.record([fixture.beat(agent, instance, 2)], actor: "test") == [agent])
            #expect(try await store.agent(agent)?.state == .online)
            // In one step, where nobody looked in between.
            try await fixture.silence(agent, seconds: 121)
            #expect(try await store.markSilentAgents(limit: 10, actor: "test") == [.offline])
            _ = try await store.record([fixture.beat(agent, instance, 3)], actor: "test")
            // A longer window holds it.
            _ = try await store.patchAgent(
                agent,
                in: fixture.workspace,
                AgentPatch(reconnectWindowMs: 600_000),
                actor: "test"
            )
            try await fixture.silence(agent, seconds: 121)
            #expect(try await store.markSilentAgents(limit: 10, actor: "test") == [.reconnecting])
            _ = try await store.record([fixture.beat(agent, instance, 4, leaving: true)], actor: "test")
            #expect(try await store.agent(agent)?.state == .offline)
            #expect(
                try await fixture.events(of: agent) == [
                    "agent.enrolled", "agent.session", "agent.online", "agent.reconnecting", "agent.online",
                    "agent.offline", "agent.online", "agent.updated", "agent.reconnecting", "agent.offline",
                ]
            )
        }
    }

    /// Reapers share the beats, and write them at the same time in whatever order they came.
    @Test func reapersDoNotBlockEachOther() async throws {
        try await StoreFixture.with { fixture in
            var beats: [AgentBeat] = []
            for number in 0..<40 {
                let agent = try await fixture.agent("box\(number)").id
                let instance = AgentInstanceID.now()
                _ = try await fixture.session(of: agent, instance)
                beats.append(fixture.beat(agent, instance, 1))
            }
            let all = beats
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for sequence in 1...20 {
                            let batch = all.shuffled()
                                .map { beat in
                                    var beat = beat
                                    beat.sequence = Int64(sequence)
                                    return beat
                                }
                            _ = try await fixture.store.record(batch, actor: "test")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let sequences = try await fixture.pool.query("select distinct beat_sequence as s, state from agents")
            #expect(try sequences.map { try $0.get("s", as: Int64.self) } == [20])
            #expect(try sequences.map { try $0.get("state", as: String.self) } == ["online"])
            // One event came of twenty beats.
            #expect(
                try await fixture.events(of: all[0].agent) == ["agent.enrolled", "agent.session", "agent.online"]
            )
        }
    }

    @Test func sandboxesAreBoundToAgents() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let busy = try await fixture.agent("busy", labels: ["gpu": "yes", "os": "linux"]).id
            let idle = try await fixture.agent("idle", labels: ["gpu": "yes"]).id
            let absent = try await fixture.agent("absent", labels: ["gpu": "yes"]).id
            for (agent, sandboxes) in [(busy, 3), (idle, 1)] {
                let instance = AgentInstanceID.now()
                _ = try await fixture.session(of: agent, instance)
                _ = try await store.record([fixture.beat(agent, instance, 1, sandboxes: sandboxes)], actor: "test")
            }
            func found(_ labels: [String: String]) async throws -> [AgentID] {
                try await store.onlineAgents(labelled: labels, in: fixture.workspace, limit: 10).map(\.id)
            }
            #expect(try await found(["gpu": "yes"]) == [idle, busy])
            #expect(try await found(["gpu": "yes", "os": "linux"]) == [busy])
            #expect(try await found(["gpu": "no"]) == [])
            #expect(try await store.agent(named: "absent", in: fixture.workspace)?.id == absent)
            #expect(try await store.agent(named: "absent", in: .now()) == nil)

            var sandbox = fixture.sandbox()
            sandbox.spec.agent = idle
            let created = try await fixture.created(sandbox)
            #expect(created.spec.agent == idle)
            let rows = try await fixture.pool.query(
                "select agent_id from sandboxes where id = $1",
                [created.id.rawValue]
            )
            #expect(try rows.first?.get("agent_id", as: String?.self) == idle.rawValue)
            _ = try await store.revokeAgent(idle, in: fixture.workspace, actor: "test")
            var another = fixture.sandbox()
            another.spec.agent = idle
            guard case .agentUnknown = try await store.create(another, idempotency: nil) else {
                throw FixtureError("made on a machine that is deleted")
            }
        }
    }
}
