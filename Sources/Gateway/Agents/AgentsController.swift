import HTTPTypes
import Hummingbird
import Model
import Store

/// `/v1/agents`: the machines of a workspace.
struct AgentsController: Sendable {
    let store: Store
    let authority: AccountAuthority
    let body: JSONBody

    var routes: [Route] {
        [
            Route(.get, "/v1/agents", .scope(.read), handler: list),
            Route(.get, "/v1/agents/{id}", .scope(.read), handler: show),
            Route(.patch, "/v1/agents/{id}", .scope(.write), handler: patch),
            Route(.delete, "/v1/agents/{id}", .scope(.admin), handler: delete),
            Route(.get, "/v1/agents/{id}/history", .scope(.read), handler: history),
        ]
    }

    /// `label=name=value,…` asks for those that have all of these.
    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let state = try query.word("state", of: AgentState.self)
        let labels = try query.string("label").map { text throws(Fault) in try Self.labels(text, query) } ?? [:]
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let cursor: AgentID? = try query.identifier("cursor")
        try query.finish()
        // One more than asked for tells whether there is another page.
        let records = try await store.agents(
            in: try context.principal.workspace,
            state: state,
            labels: labels,
            after: cursor,
            limit: limit + 1
        )
        let page = records.prefix(limit)
        return .page(page.map { AgentView($0).json }, next: records.count > limit ? page.last?.id.rawValue : nil)
    }

    @Sendable private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let agent = try await store.agent(try context.agent, in: try context.principal.workspace) else {
            throw Fault.agentNotFound
        }
        return .json(AgentView(agent).json)
    }

    @Sendable private func patch(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let id = try context.agent
        let principal = try context.principal
        var reader = try JSONObjectReader(try await body.read(request, context))
        let patch = AgentPatch(
            name: try reader.agentName("name"),
            labels: try reader.labels(),
            reconnectWindowMs: try reader.integer("reconnectWindowMs", in: 0...3_600_000)
        )
        try reader.finish()
        switch try await store.patchAgent(id, in: principal.workspace, patch, actor: "key/\(principal.key)") {
        case .patched(let agent): return .json(AgentView(agent).json)
        case .notFound: throw Fault.agentNotFound
        case .nameTaken: throw Fault(.nameTaken, "Another agent has this name.", hint: "Use another name.")
        }
    }

    /// 204 once the servers of the bus have cut it off; done again, it is done.
    @Sendable private func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let principal = try context.principal
        let agent = try await store.revokeAgent(
            try context.agent,
            in: principal.workspace,
            actor: "key/\(principal.key)"
        )
        guard agent != nil else { throw Fault.agentNotFound }
        // The row is written: no credentials are given out any more, whatever becomes of this.
        if authority.isAvailable { try await authority.push() }
        return .noContent
    }

    @Sendable private func history(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let cursor = try query.counter("cursor").map { Int64(clamping: $0) }
        try query.finish()
        let found = try await store.history(
            ofAgent: try context.agent,
            in: try context.principal.workspace,
            after: cursor,
            limit: limit + 1
        )
        guard let found else { throw Fault.agentNotFound }
        let page = found.prefix(limit)
        return .page(
            page.map { HistoryEventView($0).json },
            next: found.count > limit ? page.last.map { "\($0.version)" } : nil
        )
    }

    private static func labels(_ text: String, _ query: QueryReader) throws(Fault) -> [String: String] {
        var labels: [String: String] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw query.invalid("label", "has to be name=value,…") }
            labels[String(parts[0])] = String(parts[1])
        }
        return labels
    }
}

extension GatewayContext {
    /// The agent that the path names; what is not an id names none.
    var agent: AgentID {
        get throws(Fault) {
            guard let id = coreContext.parameters.get("id").flatMap({ AgentID($0) }) else { throw .agentNotFound }
            return id
        }
    }
}
