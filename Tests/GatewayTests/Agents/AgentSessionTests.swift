import FleetTesting
import HTTPTypes
import Model
import NATSIdentity
import NIOCore
import PostgresClient
import Testing

@testable import Gateway
@testable import Store

@Suite("Agents: enrolling and sessions", .timeLimit(.minutes(2)))
struct AgentSessionTests {
    @Test func aTokenLetsOneMachineIn() async throws {
        try await LedgerFleet.with { fleet in
            let machine = Machine(fleet: fleet)
            #expect(try await fleet.post("/v1/agents/enrollments", [:]).status == 401)
            #expect(try await fleet.post("/v1/agents/enrollments", [:], key: "write").status == 403)
            let made = try await fleet.post("/v1/agents/enrollments", ["labels": ["gpu": "yes"]], key: "admin")
            try conforms(made, "NewEnrollment", 201)
            let (id, token) = (made.text("id") ?? "", made.text("token") ?? "")
            #expect(token.hasPrefix("sfe_\(id)_") && made.text("state") == "pending")

            // Whoever has not the key, or means another token, is nobody; and the token stays good.
            let forged = try await machine.enroll(token, signing: "sandfleet-enroll-v1\nother\nm1")
            #expect(forged.status == 401 && forged.code == "unauthenticated")
            let last = token.last == "0" ? "1" : "0"
            let wrong = try await machine.enroll(token.dropLast() + last)
            #expect(wrong.status == 401 && wrong.code == "enrollment_invalid")
            #expect(try await machine.enroll("sfe_x").code == "enrollment_invalid")

            let enrolled = try await machine.enroll(token)
            try conforms(enrolled, "EnrolledAgent", 200)
            #expect(enrolled.text("name") == "laptop")
            #expect(enrolled.text("workspaceId") == TestGateway.workspace.rawValue)
            #expect(try await machine.enroll(token).body == enrolled.body)
            let other = try await Machine(fleet: fleet).enroll(token)
            #expect(other.code == "enrollment_invalid" && other.json["details"]?["state"] == "used")

            let shown = try await fleet.send(.get, "/v1/agents/enrollments/\(id)", key: "read")
            try conforms(shown, "Enrollment", 200)
            #expect(shown.text("state") == "used" && shown.text("agentId") == enrolled.text("agentId"))
            try conforms(try await fleet.send(.get, "/v1/agents/enrollments?limit=1"), "EnrollmentPage", 200)
            let late = try await fleet.send(.delete, "/v1/agents/enrollments/\(id)", key: "admin")
            #expect(late.status == 409 && late.code == "agent_conflict")
            let spare = try await fleet.post("/v1/agents/enrollments", ["name": "x"], key: "admin")
            let path = "/v1/agents/enrollments/\(spare.text("id") ?? "")"
            #expect(try await fleet.send(.delete, path, key: "admin").status == 204)
            #expect(try await Machine(fleet: fleet).enroll(spare.text("token") ?? "").code == "enrollment_invalid")
            #expect(try await fleet.send(.delete, "\(path)x", key: "admin").code == "enrollment_not_found")
            let taken = try await fleet.post("/v1/agents/enrollments", ["name": "laptop"], key: "admin")
            #expect(taken.status == 409 && taken.code == "name_taken")
        }
    }

    @Test func aSessionIsOneRuns() async throws {
        try await LedgerFleet.with { fleet in
            let machine = Machine(fleet: fleet)
            let agent = try await machine.online()
            let (first, second): (AgentInstanceID, AgentInstanceID) = (ID.new(), ID.new())
            let opened = try await machine.session(agent, first)
            try conforms(opened, "AgentSession", 200)
            let token = try #require(try fleet.servers.admits(opened.text("jwt") ?? ""))
            #expect(token.subject == machine.key.publicKey && token.name == agent)
            #expect(token.claims.tags == ["instance:\(first)"] && token.expiresAt == token.issuedAt + 600)
            let root = "agent.\(TestGateway.workspace).\(agent)"
            #expect(opened.text("subject") == "\(root).\(first).rpc" && opened.text("beatSubject") == "\(root).beat")
            #expect(opened.text("inboxPrefix") == "_INBOX.\(root)" && opened.json["renewAfterMs"] == 300_000)
            #expect(opened.json["natsUrls"] == ["nats://bus.test:4222"])

            // A renewal voids nothing; a take-over voids everything of before, and is let in at once.
            let renewed = try await machine.session(agent, first)
            #expect(try fleet.servers.admits(opened.text("jwt") ?? "") != nil)
            let taken = try await machine.session(agent, second)
            for before in [opened, renewed] { #expect(try fleet.servers.admits(before.text("jwt") ?? "") == nil) }
            #expect(try fleet.servers.admits(taken.text("jwt") ?? "") != nil)

            // Somebody else's signature, a challenge of another agent, and one that is old.
            #expect(try await machine.session(agent, second, signing: "no").code == "unauthenticated")
            let stranger = Machine(fleet: fleet)
            #expect(try await stranger.session(agent, second).code == "unauthenticated")
            let foreign = try await machine.challenge(AgentID.init(ID.new(of: Kind.Agent.self).rawValue)?.rawValue ?? "")
            #expect(try await machine.session(agent, second, challenge: foreign).code == "unauthenticated")
            let clock = AgentChallenge(key: fleet.store.derivedKey(for: "agent-challenge"))
            let now = fleet.now()
            let id = try #require(AgentID(agent))
            for (age, isGood) in [(119_000, true), (121_000, false), (-60_000, false)] as [(Int64, Bool)] {
                let text = clock.make(for: id, at: now - age)
                #expect((clock.time(of: text, for: id, now: now) != nil) == isGood)
            }
            // One of before the take-over is the run of before.
            let outdated = clock.make(for: id, at: now - 100_000)
            #expect(try await machine.session(agent, ID.new(), challenge: outdated).code == "unauthenticated")
            // The run of before is over, whatever it signs: a copy of a machine does not take turns with it.
            let former = try await machine.session(agent, first)
            #expect(former.status == 409 && former.code == "agent_superseded")
            #expect(former.text("hostName") == "laptop" && former.text("detail")?.contains("laptop") == true)
            #expect(try fleet.servers.admits(taken.text("jwt") ?? "") != nil)
            let unknown: AgentID = ID.new()
            #expect(try await machine.session(unknown.rawValue, first).code == "agent_not_found")
        }
    }

    @Test func anotherMachineIsRefusedAndTheDeletedOneToo() async throws {
        try await LedgerFleet.with { fleet in
            let machine = Machine(fleet: fleet)
            let agent = try await machine.online()
            var copy = machine
            copy.name = "m2"
            let conflict = try await copy.session(agent, ID.new())
            #expect(conflict.status == 409 && conflict.code == "agent_conflict")
            #expect(conflict.text("hostName") == "laptop" && conflict.text("lastHeardAt") != nil)
            #expect(conflict.text("detail")?.contains("laptop") == true)
            let run: AgentInstanceID = ID.new()
            let jwt = try await machine.session(agent, run).text("jwt") ?? ""
            #expect(try fleet.servers.admits(jwt) != nil)

            // While the servers cannot be told, nothing is promised; but nobody gets credentials any more.
            fleet.servers.goAway(true)
            #expect(try await fleet.send(.delete, "/v1/agents/\(agent)", key: "admin").code == "bus_unavailable")
            fleet.servers.goAway(false)
            let refused = try await machine.session(agent, run)
            #expect(refused.status == 403 && refused.code == "agent_revoked")
            #expect(try await fleet.send(.delete, "/v1/agents/\(agent)", key: "admin").status == 204)
            #expect(try fleet.servers.admits(jwt) == nil)
            #expect(try await fleet.send(.get, "/v1/agents/\(agent)").code == "agent_not_found")
            let history = try await fleet.send(.get, "/v1/agents/\(agent)/history")
            try conforms(history, "HistoryPage", 200)
            #expect(history.items.last?["kind"] == "agent.revoked")
        }
    }

    @Test func withoutKeysOfTheBusThereAreNoAgents() async throws {
        let gateway = try TestGateway()
        let answer = try await gateway.send(.post, "/v1/agents/enrollments", body: "{}")
        #expect(answer.status == 422 && answer.code == "unsupported")
        #expect(answer.json["hint"] != nil)
    }

    @Test func whoAsksTooOftenWaits() async throws {
        let limited: (inout GatewaySettings) -> Void = { $0.openPerMinute = 3 }
        try await LedgerFleet.with(limited) { fleet in
            let path = "/v1/agents/\(ID.new(of: Kind.Agent.self))/challenge"
            for _ in 0..<3 { #expect(try await fleet.post(path, [:]).status == 200) }
            let answer = try await fleet.post(path, [:])
            #expect(answer.status == 429 && answer.code == "rate_limited" && answer.headers[.retryAfter] != nil)
            // What has a key is not meant.
            #expect(try await fleet.send(.get, "/v1/agents").status == 200)
        }
        let limit = SourceLimit(perMinute: 60)
        let start = ContinuousClock.now
        for _ in 0..<60 { try limit.admit("a", now: start) }
        #expect(throws: Fault.self) { try limit.admit("a", now: start) }
        try limit.admit("b", now: start)
        try limit.admit("a", now: start + .seconds(1))
        #expect(throws: Fault.self) { try limit.admit("a", now: start + .seconds(1)) }
    }
}

/// The answer has this status, and the form that the document says.
func conforms(_ answer: TestGateway.Answer, _ schema: String, _ status: Int) throws {
    #expect(answer.status == status, "\(String(decoding: answer.body, as: UTF8.self))")
    #expect(try Contract().violations(of: answer.json, against: schema) == [])
}
