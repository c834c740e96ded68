import HTTPTypes
import Hummingbird
import Model
import NATSIdentity
import Store

/// What a machine asks for itself, without an API key: to be enrolled, and to speak.
struct AgentSessionsController: Sendable {
    static let lifetime = Duration.seconds(600)

    let store: Store
    let authority: AccountAuthority
    let challenges: AgentChallenge
    let body: JSONBody
    let limit: SourceLimit
    let proxies: TrustedProxies
    /// Servers of the bus, as agents reach them.
    let natsURLs: [String]
    /// The database's time, in Unix milliseconds.
    let now: @Sendable () -> Int64

    var routes: [Route] {
        [
            Route(.post, "/v1/agents/enroll", .everybody, handler: enroll),
            Route(.post, "/v1/agents/{id}/challenge", .everybody, handler: challenge),
            Route(.post, "/v1/agents/{id}/sessions", .everybody, handler: open),
        ]
    }

    /// The same answer for the same key, however often.
    @Sendable private func enroll(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try admit(request, context)
        let wanted = try EnrollBody(try await body.read(request, context))
        try authority.requireAvailable()
        guard let enrollment = EnrollmentToken.enrollment(of: wanted.token) else { throw Fault.enrollmentInvalid() }
        guard wanted.isSigned else { throw Fault.badSignature }
        let outcome = try await store.enroll(
            EnrollingAgent(
                enrollment: enrollment,
                tokenHash: EnrollmentToken.hash(of: wanted.token),
                publicKey: wanted.publicKey.text,
                name: wanted.name,
                hostName: wanted.hostName
            ),
            as: ID.new()
        )
        let agent = try enrolled(outcome)
        return .json([
            "agentId": .string(agent.id.rawValue),
            "workspaceId": .string(agent.workspace.rawValue),
            "name": .string(agent.name),
        ])
    }

    private func enrolled(_ outcome: EnrollingOutcome) throws(Fault) -> AgentRecord {
        switch outcome {
        case .enrolled(let agent): return agent
        case .unknown: throw .enrollmentInvalid()
        case .used: throw .enrollmentInvalid("used")
        case .expired: throw .enrollmentInvalid("expired")
        case .revoked: throw .enrollmentInvalid("revoked")
        case .agentRevoked: throw .agentRevoked
        case .keyTaken:
            throw Fault(.agentConflict, "Another agent has this key.", hint: "Let the agent make itself a new key.")
        case .nameTaken(let name):
            throw Fault(.nameTaken, "Another agent is called \(name).", hint: "Enroll it with another name.")
        }
    }

    @Sendable private func challenge(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try admit(request, context)
        let agent = try context.agent
        if let value = try await body.readIfAny(request, context) { try JSONObjectReader(value).finish() }
        return .json(["challenge": .string(challenges.make(for: agent, at: now()))])
    }

    @Sendable private func open(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try admit(request, context)
        let id = try context.agent
        let wanted = try SessionBody(try await body.read(request, context))
        try authority.requireAvailable()
        guard let challengedAt = challenges.time(of: wanted.challenge, for: id, now: now()) else {
            throw Fault.outdatedChallenge
        }
        guard let agent = try await store.agent(id), let key = NKeyPublic(agent.publicKey) else {
            throw Fault.agentNotFound
        }
        guard wanted.isSigned(by: key) else { throw Fault.badSignature }
        guard agent.revokedAt == nil else { throw Fault.agentRevoked }
        // Before the claim, which must not wait for a key to be made.
        _ = try await authority.signingKey(agent.workspace)
        let claim = SessionClaim(
            agent: id,
            instance: wanted.instance,
            machine: wanted.machine,
            challengedAt: challengedAt
        )
        let issuedAt: Int64
        switch try await store.claimSession(claim) {
        case .claimed(_, let second, let takesOver):
            issuedAt = second
            // Whoever spoke before is cut off before this one speaks.
            if takesOver { try await authority.push() }
        case .notFound: throw Fault.agentNotFound
        case .revoked: throw Fault.agentRevoked
        case .conflict(let hostName, let since): throw Fault.agentConflict(hostName: hostName, since: since)
        case .superseded(let hostName, let since): throw Fault.agentSuperseded(hostName: hostName, since: since)
        case .outdated: throw Fault.outdatedChallenge
        }
        let token = try await authority.userCredentials(
            agent: id,
            workspace: agent.workspace,
            instance: wanted.instance,
            publicKey: key,
            issuedAt: issuedAt,
            lifetime: Self.lifetime
        )
        return .json(
            SessionView(
                agent: agent,
                instance: wanted.instance,
                token: token,
                natsURLs: natsURLs,
                deletedSandboxes: try await store.deletedSandboxes(among: wanted.sandboxes, of: id)
            )
            .json
        )
    }

    private func admit(_ request: Request, _ context: GatewayContext) throws(Fault) {
        let forwarded = HTTPField.Name("X-Forwarded-For").map { request.headers[values: $0] } ?? []
        let peer = context.channel.remoteAddress?.ipAddress ?? ""
        try limit.admit(proxies.client(peer: peer, forwarded: forwarded))
    }
}

extension Fault {
    fileprivate static let badSignature = Fault(
        .unauthenticated,
        "The signature is not one of the agent's key over this request.",
        hint: "Sign the text of the contract with the agent's NKey; the signature is base64url without padding."
    )

    fileprivate static let outdatedChallenge = Fault(
        .unauthenticated,
        "The challenge is not known, is older than two minutes, or another run has taken over since.",
        hint: "Ask for another one.",
        retryAfter: 1
    )

    /// - Parameter state: Nil for a token that says nothing to us.
    fileprivate static func enrollmentInvalid(_ state: String? = nil) -> Fault {
        Fault(
            .enrollmentInvalid,
            state.map { "The token is \($0)." } ?? "The token is not known.",
            hint: "Make a new one with sandfleet agents enroll.",
            details: state.map { ["state": $0] } ?? [:]
        )
    }
}
