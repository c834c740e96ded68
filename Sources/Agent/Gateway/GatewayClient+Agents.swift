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

    func session(_ identity: AgentIdentity, instance: AgentInstanceID, machine: String) async throws -> AgentSession {
        let path = "/v1/agents/\(identity.agent)"
        guard let challenge = try await post("\(path)/challenge", [:]).json["challenge"]?.string else {
            throw notUnderstood
        }
        let signature = try identity.key.sign("sandfleet-session-v1\n\(challenge)\n\(instance)\n\(machine)")
        let (json, date) = try await post(
            "\(path)/sessions",
            [
                "challenge": .string(challenge), "instance": .string(instance.rawValue), "machine": .string(machine),
                "signature": .string(signature),
            ]
        )
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
            time: date
        )
    }

    private var notUnderstood: GatewayRefusal {
        GatewayRefusal(status: 200, code: nil, message: "\(url) answered, but not as a gateway does", retryAfter: nil)
    }
}
