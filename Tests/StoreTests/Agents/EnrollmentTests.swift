import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct EnrollmentTests {
    @Test func ofManyAtOnceOneIsEnrolled() async throws {
        try await StoreFixture.with { fixture in
            let enrollment = try await fixture.enrollment(labels: ["os": "linux"])
            let outcomes = try await withThrowingTaskGroup(of: EnrollingOutcome.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        // Three machines, each asking four times.
                        let wanted = fixture.wanted(enrollment, key: "U\(number % 3)")
                        return try await fixture.store.enroll(wanted, as: .now())
                    }
                }
                return try await group.reduce(into: [EnrollingOutcome]()) { $0.append($1) }
            }
            var enrolled: [AgentRecord] = []
            var used = 0
            for outcome in outcomes {
                switch outcome {
                case .enrolled(let agent): enrolled.append(agent)
                case .used: used += 1
                default: Issue.record("\(outcome)")
                }
            }
            #expect(enrolled.count == 4 && Set(enrolled.map(\.id)).count == 1 && used == 8)
            #expect(enrolled.first?.labels == ["os": "linux"] && enrolled.first?.name == "laptop")
            let now = try await fixture.store.enrollment(enrollment.id, in: fixture.workspace)
            #expect(now?.state == .used && now?.agent == enrolled.first?.id)
            #expect(
                try await fixture.store.revokeEnrollment(enrollment.id, in: fixture.workspace)
                    == .used(try #require(enrolled.first).id)
            )
        }
    }

    @Test func whatIsOverEnrollsNobody() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let expired = try await fixture.enrollment(lifetimeMs: -1)
            #expect(expired.state == .expired)
            guard case .expired = try await store.enroll(fixture.wanted(expired), as: .now()) else {
                throw FixtureError("an expired token enrolled")
            }
            let revoked = try await fixture.enrollment()
            #expect(try await store.revokeEnrollment(revoked.id, in: .now()) == .notFound)
            #expect(try await store.revokeEnrollment(revoked.id, in: fixture.workspace) == .revoked)
            #expect(try await store.revokeEnrollment(revoked.id, in: fixture.workspace) == .revoked)
            guard case .revoked = try await store.enroll(fixture.wanted(revoked), as: .now()) else {
                throw FixtureError("a revoked token enrolled")
            }
            let good = try await fixture.enrollment()
            guard case .unknown = try await store.enroll(fixture.wanted(good, token: "other"), as: .now()) else {
                throw FixtureError("a wrong token enrolled")
            }
            let listed = try await store.enrollments(in: fixture.workspace, after: nil, limit: 10)
            #expect(Set(listed.map(\.state)) == [.expired, .revoked, .pending])
        }
    }

    @Test func namesAreTheirOwn() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let first = try await fixture.agent("box")
            // One that was asked for is refused, and the token stays good.
            let second = try await fixture.enrollment()
            guard case .nameTaken("box") = try await store.enroll(fixture.wanted(second, name: "box"), as: .now())
            else { throw FixtureError("a name was given twice") }
            // One that nobody asked for is made another.
            guard case .enrolled(let agent) = try await store.enroll(fixture.wanted(second, hostName: "box"), as: .now())
            else { throw FixtureError("not enrolled") }
            #expect(agent.name.hasPrefix("box-") && agent.hostName == "box")
            guard case .nameTaken = try await patch(fixture, agent.id, AgentPatch(name: "box")) else {
                throw FixtureError("renamed to a name that is taken")
            }
            // A key is one agent's, whatever the token.
            let third = try await fixture.enrollment()
            guard case .keyTaken = try await store.enroll(fixture.wanted(third, key: first.publicKey), as: .now())
            else { throw FixtureError("a key was enrolled twice") }
            // What is deleted has given its name back, and its token is no way back.
            _ = try await store.revokeAgent(first.id, in: fixture.workspace, actor: "test")
            guard case .patched(let renamed) = try await patch(fixture, agent.id, AgentPatch(name: "box", labels: ["a": "b"]))
            else { throw FixtureError("not renamed") }
            #expect(renamed.name == "box" && renamed.labels == ["a": "b"] && renamed.reconnectWindowMs == 120_000)
            let again = EnrollingAgent(
                enrollment: first.enrollment,
                tokenHash: APIKey.hash(of: "token"),
                publicKey: first.publicKey,
                name: nil,
                hostName: "laptop"
            )
            guard case .agentRevoked = try await store.enroll(again, as: .now()) else {
                throw FixtureError("a deleted agent came back")
            }
            #expect(try await fixture.events(of: agent.id) == ["agent.enrolled", "agent.updated"])
        }
    }

    private func patch(_ fixture: StoreFixture, _ id: AgentID, _ patch: AgentPatch) async throws -> AgentPatchOutcome {
        try await fixture.store.patchAgent(id, in: fixture.workspace, patch, actor: "test")
    }
}
