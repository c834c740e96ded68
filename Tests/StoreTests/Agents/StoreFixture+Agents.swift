import FleetTesting
import Foundation
import Model
import PostgresClient
import ServiceHost
import Store

extension StoreFixture {
    func enrollment(
        name: String? = nil,
        labels: [String: String] = [:],
        token: String = "token",
        lifetimeMs: Int64 = 3_600_000
    ) async throws -> EnrollmentRecord {
        try await store.createEnrollment(
            NewEnrollment(
                id: .now(),
                workspace: workspace,
                name: name,
                labels: labels,
                tokenHash: APIKey.hash(of: token),
                lifetimeMs: lifetimeMs,
                actor: "test"
            )
        )
    }

    func wanted(
        _ enrollment: EnrollmentRecord,
        key: String = "U\(AgentID.now())",
        name: String? = nil,
        hostName: String = "laptop",
        token: String = "token"
    ) -> EnrollingAgent {
        EnrollingAgent(
            enrollment: enrollment.id,
            tokenHash: APIKey.hash(of: token),
            publicKey: key,
            name: name,
            hostName: hostName
        )
    }

    /// An agent of the workspace that has never been heard.
    func agent(_ name: String, labels: [String: String] = [:]) async throws -> AgentRecord {
        let enrollment = try await enrollment(name: name, labels: labels)
        guard case .enrolled(let agent) = try await store.enroll(wanted(enrollment), as: .now()) else {
            throw FixtureError("not enrolled")
        }
        return agent
    }

    /// Claims, or fails the test.
    func session(of agent: AgentID, _ instance: AgentInstanceID, machine: String = "m1") async throws -> Int64 {
        guard case .claimed(_, let issuedAt, _) = try await claim(agent, instance, machine: machine) else {
            throw FixtureError("not claimed")
        }
        return issuedAt
    }

    func claim(_ agent: AgentID, _ instance: AgentInstanceID, machine: String) async throws -> SessionOutcome {
        try await store.claimSession(
            SessionClaim(
                agent: agent,
                instance: instance,
                machine: machine,
                challengedAt: Int64(Date().timeIntervalSince1970 * 1000) + 1000
            )
        )
    }

    func beat(
        _ agent: AgentID,
        _ instance: AgentInstanceID,
        _ sequence: Int64,
        leaving: Bool = false,
        sandboxes: Int = 0
    ) -> AgentBeat {
        AgentBeat(
            workspace: workspace,
            agent: agent,
            instance: instance,
            sequence: sequence,
            isLeaving: leaving,
            load: AgentLoad(
                sandboxes: sandboxes,
                processes: 0,
                operations: 0,
                loadAverage: 0,
                memoryFreeBytes: 0,
                spooledBytes: 0
            ),
            capabilities: nil
        )
    }

    /// Lets the last beat of an agent be this many seconds ago.
    func silence(_ agent: AgentID, seconds: Int) async throws {
        _ = try await pool.query(
            "update agents set last_beat_at = now() - make_interval(secs => $2::int) where id = $1",
            [agent.rawValue, seconds]
        )
    }

    /// The kinds of an agent's events, in their order, and whether their versions have no hole.
    func events(of agent: AgentID) async throws -> [String] {
        let events = try await store.history(ofAgent: agent, in: workspace, after: nil, limit: 200) ?? []
        guard events.map(\.version) == (0..<events.count).map({ Int64($0 + 1) }) else {
            throw FixtureError("the versions have holes")
        }
        return events.map(\.kind)
    }
}
