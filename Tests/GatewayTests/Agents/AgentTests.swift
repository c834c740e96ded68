import FleetTesting
import HTTPTypes
import Model
import PostgresClient
import Testing

@testable import Gateway
@testable import Store

@Suite("Agents: the list, and their sandboxes", .timeLimit(.minutes(2)))
struct AgentTests {
    @Test func agentsAreListedAndChanged() async throws {
        try await LedgerFleet.with { fleet in
            let first = try await Machine(name: "one", fleet: fleet).online(labels: ["gpu": "yes"])
            let second = try await Machine(name: "two", fleet: fleet).online()
            let shown = try await fleet.send(.get, "/v1/agents/\(first)", key: "read")
            try conforms(shown, "Agent", 200)
            #expect(shown.text("state") == "online" && shown.json["capabilities"]?["root"] == "/srv/work")
            #expect(shown.json["load"]?["loadAverage"] == .number(1.5))
            let page = try await fleet.send(.get, "/v1/agents?limit=1")
            try conforms(page, "AgentPage", 200)
            #expect(page.items.first?["id"] == .string(second))
            let rest = try await fleet.send(.get, "/v1/agents?limit=1&cursor=\(page.text("nextCursor") ?? "")")
            #expect(rest.items.first?["id"] == .string(first) && rest.text("nextCursor") == nil)
            #expect(try await fleet.send(.get, "/v1/agents?label=gpu%3Dyes").items.count == 1)
            #expect(try await fleet.send(.get, "/v1/agents?state=offline").items.isEmpty)
            #expect(try await fleet.send(.get, "/v1/agents?state=gone").code == "invalid_request")
            #expect(try await fleet.send(.get, "/v1/agents?label=gpu").code == "invalid_request")

            let body = #"{"name":"three","labels":{"a":"b"},"reconnectWindowMs":60000}"#
            let patched = try await fleet.send(.patch, "/v1/agents/\(first)", body)
            try conforms(patched, "Agent", 200)
            #expect(patched.text("name") == "three" && patched.json["labels"] == ["a": "b"])
            #expect(patched.json["reconnectWindowMs"] == 60_000)
            #expect(try await fleet.send(.patch, "/v1/agents/\(first)", #"{"name":"two"}"#).code == "name_taken")
            #expect(try await fleet.send(.patch, "/v1/agents/\(first)", #"{"state":"new"}"#).code == "unknown_field")
            #expect(try await fleet.send(.patch, "/v1/agents/x", "{}").code == "agent_not_found")
            #expect(try await fleet.send(.delete, "/v1/agents/\(first)", key: "write").status == 403)
        }
    }

    /// Whether programs have the network is the machine's user's to say, and the setting is named.
    @Test func theNetworkIsWhatTheMachinesUserAllows() async throws {
        try await LedgerFleet.with { fleet in
            func create(_ more: String = "") async throws -> TestGateway.Answer {
                try await fleet.send(.post, "/v1/sandboxes", #"{"provider":"selfhosted","agent":"quiet"\#(more)}"#)
            }
            _ = try await Machine(name: "quiet", fleet: fleet).online(network: false)
            for more in [#","networkPolicy":"full""#, #","ports":[80]"#, #","ports":[80],"networkPolicy":"none""#] {
                let denied = try await create(more)
                #expect(denied.status == 403 && denied.code == "agent_denied", "\(more)")
                #expect(denied.text("setting") == "allow.network" && denied.text("detail")?.contains("laptop") == true)
            }
            for more in ["", #","networkPolicy":"none""#] {
                let made = try await create(more)
                #expect(made.status == 201 && made.text("networkPolicy") == "none", "\(more)")
            }
        }
    }

    @Test func sandboxesAreMadeOnAgentsOrRefusedForAReason() async throws {
        try await LedgerFleet.with { fleet in
            func create(_ agent: String, _ more: String = "") async throws -> TestGateway.Answer {
                try await fleet.send(.post, "/v1/sandboxes", #"{"provider":"selfhosted","agent":\#(agent)\#(more)}"#)
            }
            let strict = try await Machine(name: "strict", fleet: fleet).online(labels: ["gpu": "yes"], exec: false)
            let denied = try await create(#""strict""#)
            #expect(denied.status == 403 && denied.code == "agent_denied" && denied.text("setting") == "allow.exec")
            #expect(try await create(#"{"labels":{"gpu":"yes"}}"#).code == "agent_denied")

            let open = try await Machine(name: "open", fleet: fleet).online(labels: ["gpu": "yes"])
            for agent in [#""open""#, "\"\(open)\"", #"{"labels":{"gpu":"yes"}}"#] {
                let made = try await create(agent, #","selfhosted":{"directory":"project"}"#)
                try conforms(made, "Sandbox", 201)
                #expect(made.text("agent") == open && made.text("provider") == "selfhosted")
                #expect(made.json["selfhosted"]?["directory"] == "project")
                #expect(made.text("networkPolicy") == "full")
                #expect(try await fleet.record(made.text("id"))?.spec.agent?.rawValue == open)
            }
            #expect(try await create(#""nobody""#).code == "agent_not_found")
            let unmet = try await create(#"{"labels":{"gpu":"no"}}"#)
            #expect(unmet.status == 503 && unmet.code == "agent_offline" && unmet.headers[.retryAfter] == "15")
            for more in [
                #","ports":[80]"#, #","image":"debian""#, #","resources":{"vcpus":1}"#, #","networkPolicy":"none""#,
            ] {
                #expect(try await create(#""open""#, more).code == "unsupported")
            }
            // What has no machine, what needs one, and what is no wish.
            #expect(try await fleet.send(.post, "/v1/sandboxes", #"{"agent":"open"}"#).code == "invalid_request")
            let missing = try await fleet.send(.post, "/v1/sandboxes", #"{"provider":"selfhosted"}"#)
            #expect(missing.code == "invalid_request")
            for agent in ["7", #"{"labels":{}}"#, "{}", #"{"name":"x"}"#] {
                #expect(try await create(agent).status == 400)
            }

            // A repeat is answered with what was made, whether or not the machine is there.
            let headers: HTTPFields = [HTTPField.Name.idempotencyKey: "k"]
            let body = #"{"provider":"selfhosted","agent":"open"}"#
            let made = try await fleet.send(.post, "/v1/sandboxes", body, headers: headers)
            _ = try await fleet.pool.query("update agents set state = 'offline' where id = $1", [open])
            let repeated = try await fleet.send(.post, "/v1/sandboxes", body, headers: headers)
            #expect(repeated.status == 200 && repeated.text("id") == made.text("id"))
            let offline = try await create(#""open""#)
            #expect(offline.status == 503 && offline.code == "agent_offline" && offline.text("lastBeatAt") != nil)
            // One that reconnects is waited for by whoever is asked.
            _ = try await fleet.pool.query("update agents set state = 'reconnecting' where id = $1", [open])
            #expect(try await create(#""open""#).status == 201)
            _ = try await fleet.send(.delete, "/v1/agents/\(strict)", key: "admin")
            #expect(try await create(#""strict""#).code == "agent_not_found")
        }
    }
}
