import FleetTesting
import HTTPTypes
import Model
import NATSIdentity
import NIOCore
import Store

@testable import Gateway

/// A user's machine as the gateway sees it: a key, and what an agent asks.
struct Machine: Sendable {
    let key = NKey.generate(.user)
    var name = "m1"
    let fleet: LedgerFleet

    func enroll(_ token: String, as agent: String? = nil, signing text: String? = nil) async throws -> TestGateway.Answer {
        var body: JSONValue = [
            "token": .string(token), "publicKey": .string(key.publicKey.text), "machine": .string(name),
            "hostName": "laptop",
            "signature": .string(try sign(text ?? "sandfleet-enroll-v1\n\(token)\n\(name)")),
        ]
        if let agent, case .object(let members) = body { body = .object(members + [.init("name", .string(agent))]) }
        return try await fleet.post("/v1/agents/enroll", body)
    }

    func challenge(_ agent: String) async throws -> String {
        try await fleet.post("/v1/agents/\(agent)/challenge", [:]).text("challenge") ?? ""
    }

    func session(
        _ agent: String,
        _ instance: AgentInstanceID,
        challenge: String? = nil,
        signing text: String? = nil
    ) async throws -> TestGateway.Answer {
        var challenge = challenge ?? ""
        if challenge.isEmpty { challenge = try await self.challenge(agent) }
        let text = text ?? "sandfleet-session-v1\n\(challenge)\n\(instance)\n\(name)"
        return try await fleet.post(
            "/v1/agents/\(agent)/sessions",
            [
                "challenge": .string(challenge), "instance": .string(instance.rawValue), "machine": .string(name),
                "signature": .string(try sign(text)),
            ]
        )
    }

    /// An agent that is online, with its id.
    func online(labels: [String: String] = [:], exec: Bool = true, network: Bool = true) async throws -> String {
        let wish: JSONValue = ["name": .string(name), "labels": .map(labels)]
        let token = try await fleet.post("/v1/agents/enrollments", wish, key: "admin").text("token") ?? ""
        guard let id = try await enroll(token).text("agentId"), let agent = AgentID(id) else {
            throw FixtureError("not enrolled")
        }
        let instance: AgentInstanceID = ID.new()
        guard try await session(id, instance).status == 200 else { throw FixtureError("no session") }
        let beat = AgentBeat(
            workspace: TestGateway.workspace,
            agent: agent,
            instance: instance,
            sequence: 1,
            isLeaving: false,
            load: AgentLoad(
                sandboxes: 1,
                processes: 2,
                operations: 3,
                loadAverage: 150,
                memoryFreeBytes: 4,
                spooledBytes: 5
            ),
            capabilities: Self.capabilities(exec: exec, network: network)
        )
        guard try await fleet.store.record([beat], actor: "test") == [agent] else { throw FixtureError("not heard") }
        return id
    }

    private func sign(_ text: String) throws -> String { Base64URL.encode(try key.sign(Array(text.utf8))) }

    private static func capabilities(exec: Bool, network: Bool) -> AgentCapabilities {
        var denials = exec ? [:] : ["exec": "allow.exec", "files": "allow.files"]
        if !network { denials["network"] = "allow.network" }
        return AgentCapabilities(
            version: "1.0",
            wireVersion: 1,
            os: "linux",
            architecture: "x86_64",
            hostName: "laptop",
            tools: ["git"],
            desktop: false,
            exec: exec,
            files: exec,
            isolated: false,
            denials: denials,
            maximumProcesses: 64,
            memoryLimitBytes: 0,
            processors: 2,
            memoryBytes: 1 << 30,
            root: "/srv/work"
        )
    }
}

extension LedgerFleet {
    /// With no key, unless one is named.
    func post(_ path: String, _ body: JSONValue, key: String? = nil) async throws -> TestGateway.Answer {
        try await gateway.send(.post, path, key: key, body: String(buffer: body.encoded))
    }
}
