import Model

/// Credentials of one run, for a while.
struct AgentSession: Sendable {
    /// Secret.
    var jwt: String
    var natsURLs: [String]
    var subject: String
    var beatSubject: String
    var inboxPrefix: String
    var lifetime: Duration
    var renewAfter: Duration
    /// Milliseconds for which calls wait for a silent machine; nil when the gateway did not say.
    var reconnectWindow: Int64?
    /// Of the sandboxes that were named: what runs in them has to end.
    var deletedSandboxes: [SandboxID]
    /// Unix milliseconds of the fleet, when this was issued; nil when the gateway did not say.
    var time: Int64?
}

extension GatewayClient {
    func enroll(token: String, key: AgentKey, machine: String, name: String?) async throws -> AgentIdentity {
        let signature = try key.sign("sandfleet-enroll-v1\n\(token)\n\(machine)")
        var body: [(String, JSON)] = [
            ("token", .string(token)), ("publicKey", .string(key.publicKey)), ("machine", .string(machine)),
            ("hostName", .string(Machine.hostName)), ("signature", .string(signature)),
        ]
        if let name { body.append(("name", .string(name))) }
        let (json, _) = try await post("/v1/agents/enroll", .object(body.map { JSON.Member(name: $0.0, value: $0.1) }))
        guard let agent = json["agentId"]?.string.flatMap({ AgentID($0) }),
            let workspace = json["workspaceId"]?.string.flatMap({ WorkspaceID($0) })
        else { throw notUnderstood }
        return AgentIdentity(
            agent: agent,
            workspace: workspace,
            name: json["name"]?.string ?? name ?? "",
            gateway: url,
            key: key
        )
    }

    /// How many sandboxes are asked about at a time.
    private static let sandboxLimit = 1000

    /// - Parameter sandboxes: Those of which something is still here; the gateway says which were deleted meanwhile.
    func session(
        _ identity: AgentIdentity,
        instance: AgentInstanceID,
        machine: String,
        sandboxes: [SandboxID]
    ) async throws -> AgentSession {
        let path = "/v1/agents/\(identity.agent)"
        guard let challenge = try await post("\(path)/challenge", [:]).json["challenge"]?.string else {
            throw notUnderstood
        }
        let signature = try identity.key.sign("sandfleet-session-v1\n\(challenge)\n\(instance)\n\(machine)")
        let claim: [JSON.Member] = [
            .init(name: "challenge", value: .string(challenge)),
            .init(name: "instance", value: .string(instance.rawValue)),
            .init(name: "machine", value: .string(machine)), .init(name: "signature", value: .string(signature)),
        ]
        // Others another time, where there are more.
        let named = sandboxes.shuffled().prefix(Self.sandboxLimit).map { JSON.string($0.rawValue) }
        let (json, date): (JSON, Int64?)
        do {
            let question = named.isEmpty ? [] : [JSON.Member(name: "sandboxes", value: .array(named))]
            (json, date) = try await post("\(path)/sessions", .object(claim + question))
        } catch let refusal as GatewayRefusal where refusal.code == .invalidRequest && !named.isEmpty {
            // A fleet that is older than this agent does not know the question.
            (json, date) = try await post("\(path)/sessions", .object(claim))
        }
        guard let jwt = json["jwt"]?.string, let urls = json["natsUrls"]?.strings, !urls.isEmpty,
            let subject = json["subject"]?.string, let beat = json["beatSubject"]?.string,
            let inbox = json["inboxPrefix"]?.string, let lifetime = json["lifetimeMs"]?.integer, lifetime > 0,
            let renewal = json["renewAfterMs"]?.integer, renewal > 0
        else { throw notUnderstood }
        return AgentSession(
            jwt: jwt,
            natsURLs: urls,
            subject: subject,
            beatSubject: beat,
            inboxPrefix: inbox,
            lifetime: .milliseconds(lifetime),
            renewAfter: .milliseconds(min(renewal, lifetime)),
            reconnectWindow: json["reconnectWindowMs"]?.integer,
            deletedSandboxes: json["deletedSandboxes"]?.strings?.compactMap { SandboxID($0) } ?? [],
            time: date
        )
    }

    private var notUnderstood: GatewayRefusal {
        GatewayRefusal(status: 200, code: nil, message: "\(url) answered, but not as a gateway does", retryAfter: nil)
    }
}
