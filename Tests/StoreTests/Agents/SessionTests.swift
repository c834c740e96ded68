import FleetTesting
import Foundation
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct SessionTests {
    @Test func aRestartTakesOverAndVoidsWhatWasBefore() async throws {
        try await StoreFixture.with { fixture in
            let agent = try await fixture.agent("box").id
            let (first, second) = (AgentInstanceID.now(), AgentInstanceID.now())
            let issued = try await fixture.session(of: agent, first)
            // A renewal voids nothing.
            let renewed = try await fixture.session(of: agent, first)
            #expect(renewed >= issued)
            #expect(try await revokedUntil(fixture, agent) == nil)
            #expect(try await fixture.store.record([fixture.beat(agent, first, 1)], actor: "test") == [agent])
            let taken = try await fixture.session(of: agent, second)
            // In the same second too.
            let until = try #require(try await revokedUntil(fixture, agent))
            #expect(renewed <= until && until < taken)
            // The run of before is not heard any more, and a request that comes late changes nothing.
            #expect(try await fixture.store.record([fixture.beat(agent, first, 2)], actor: "test") == [])
            let late = SessionClaim(agent: agent, instance: .now(), machine: "m1", challengedAt: 1)
            guard case .outdated = try await fixture.store.claimSession(late) else {
                throw FixtureError("an old request took over")
            }
            #expect(try await fixture.store.agent(agent)?.instance == second)
            #expect(
                try await fixture.events(of: agent) == ["agent.enrolled", "agent.session", "agent.online", "agent.session"]
            )
        }
    }

    /// A copy of a whole machine, its ids included, is another run of the same: one of the two wins, once and for all.
    @Test func aRunThatWasTakenOverFromNeverTakesOverAgain() async throws {
        try await StoreFixture.with { fixture in
            let agent = try await fixture.agent("box").id
            let original = AgentInstanceID.now()
            _ = try await fixture.session(of: agent, original)
            _ = try await fixture.store.record([fixture.beat(agent, original, 1)], actor: "test")
            let copy = AgentInstanceID.now()
            _ = try await fixture.session(of: agent, copy)
            for _ in 0..<3 {
                guard case .superseded(let host, let since) = try await fixture.claim(agent, original, machine: "m1") else {
                    throw FixtureError("the two take turns")
                }
                #expect(host == "laptop" && since.timeIntervalSinceNow > -3600)
                _ = try await fixture.session(of: agent, copy)
            }
            // Neither does it when the other has gone, or after other runs.
            _ = try await fixture.store.record([fixture.beat(agent, copy, 1, leaving: true)], actor: "test")
            for _ in 0..<70 { _ = try await fixture.session(of: agent, .now()) }
            _ = try await fixture.session(of: agent, copy)
            let last = AgentInstanceID.now()
            for run in [last] + (0..<63).map({ _ in .now() }) { _ = try await fixture.session(of: agent, run) }
            guard case .superseded = try await fixture.claim(agent, last, machine: "m1") else {
                throw FixtureError("it was forgotten")
            }
        }
    }

    @Test func anotherMachineWaitsUntilNobodyIsThere() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let agent = try await fixture.agent("box").id
            let (first, second) = (AgentInstanceID.now(), AgentInstanceID.now())
            _ = try await fixture.session(of: agent, first)
            // It has not been heard yet, but had no time to be.
            try await expectConflict(fixture, agent, second)
            _ = try await store.record([fixture.beat(agent, first, 1)], actor: "test")
            try await expectConflict(fixture, agent, second)
            try await fixture.silence(agent, seconds: 30)
            #expect(try await store.markSilentAgents(limit: 10, actor: "test") == [.reconnecting])
            try await expectConflict(fixture, agent, second)
            // The same machine need not wait.
            let third = AgentInstanceID.now()
            _ = try await fixture.session(of: agent, third)
            _ = try await store.record([fixture.beat(agent, third, 1, leaving: true)], actor: "test")
            _ = try await fixture.session(of: agent, second, machine: "m2")
            #expect(try await store.agent(agent)?.machine == "m2")
        }
    }

    @Test func ofRunsOnDifferentMachinesOneWins() async throws {
        try await StoreFixture.with { fixture in
            let agent = try await fixture.agent("box").id
            let machines = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let outcome = try await fixture.claim(agent, .now(), machine: "m\(number)")
                        guard case .claimed(let agent, _, _) = outcome else { return nil }
                        return agent.machine
                    }
                }
                return try await group.reduce(into: [String]()) { if let machine = $1 { $0.append(machine) } }
            }
            #expect(machines.count == 1)
            #expect(try await fixture.store.agent(agent)?.machine == machines.first)
        }
    }

    /// Whatever their order: no credentials are good after the revocation.
    @Test func aRevocationCoversEverySession() async throws {
        try await StoreFixture.with { fixture in
            let agent = try await fixture.agent("box").id
            let instance = AgentInstanceID.now()
            _ = try await fixture.session(of: agent, instance)
            let issued = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        if number == 6 {
                            _ = try await fixture.store.revokeAgent(agent, in: fixture.workspace, actor: "test")
                            return nil
                        }
                        switch try await fixture.claim(agent, instance, machine: "m1") {
                        case .claimed(_, let issuedAt, _): return issuedAt
                        case .revoked: return nil
                        default: throw FixtureError("neither claimed nor revoked")
                        }
                    }
                }
                return try await group.reduce(into: [Int64]()) { if let second = $1 { $0.append(second) } }
            }
            let until = try #require(try await revokedUntil(fixture, agent))
            #expect(issued.allSatisfy { $0 <= until })
            guard case .revoked = try await fixture.claim(agent, instance, machine: "m1") else {
                throw FixtureError("claimed after the revocation")
            }
            #expect(try await fixture.store.record([fixture.beat(agent, instance, 9)], actor: "test") == [])
            #expect(try await fixture.store.agent(agent, in: fixture.workspace) == nil)
            // Who asks again finds it done.
            #expect(try await fixture.store.revokeAgent(agent, in: fixture.workspace, actor: "test")?.id == agent)
            #expect(try await fixture.store.revokeAgent(agent, in: .now(), actor: "test") == nil)
            #expect(try await fixture.events(of: agent).filter { $0 == "agent.revoked" }.count == 1)
        }
    }

    private func expectConflict(_ fixture: StoreFixture, _ agent: AgentID, _ instance: AgentInstanceID) async throws {
        guard case .conflict(let host, let since) = try await fixture.claim(agent, instance, machine: "m2") else {
            throw FixtureError("two machines speak with one key")
        }
        #expect(host == "laptop" && since.timeIntervalSinceNow > -3600)
    }

    private func revokedUntil(_ fixture: StoreFixture, _ agent: AgentID) async throws -> Int64? {
        try await fixture.pool
            .query(
                "select issued_until from nats_revocations r join agents a using (public_key) where a.id = $1",
                [agent.rawValue]
            )
            .first?
            .get("issued_until", as: Int64.self)
    }
}
