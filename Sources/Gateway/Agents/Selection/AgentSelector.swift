import Model
import Store

/// Finds the machine for a sandbox, or says why there is none.
struct AgentSelector: Sendable {
    static let provider = "selfhosted"
    private static let candidates = 16

    let store: Store

    /// - Parameters:
    ///   - spec: What the sandbox needs, read against what the machine says that it has and allows.
    ///   - networkPolicy: What was asked for; nil takes what there is.
    func agent(
        for wish: AgentWish,
        _ spec: SandboxSpec,
        _ networkPolicy: NetworkPolicy?,
        in workspace: WorkspaceID
    ) async throws -> AgentRecord {
        switch wish {
        case .called(let text):
            guard let agent = try await find(text, in: workspace) else { throw Fault.agentNotFound }
            if let refusal = AgentRefusal.of(agent, spec, networkPolicy) { throw refusal }
            return agent
        case .labelled(let labels):
            let online = try await store.onlineAgents(labelled: labels, in: workspace, limit: Self.candidates)
            var refusal: Fault?
            for agent in online {
                guard let reason = AgentRefusal.of(agent, spec, networkPolicy) else { return agent }
                refusal = refusal ?? reason
            }
            if let refusal { throw refusal }
            let wanted = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            throw Fault(
                .agentOffline,
                "No agent with these labels is online: \(wanted.prefix(256)).",
                hint: "GET /v1/agents lists them.",
                retryAfter: 15,
                details: ["labels": String(wanted.prefix(256))]
            )
        }
    }

    private func find(_ text: String, in workspace: WorkspaceID) async throws -> AgentRecord? {
        if let id = AgentID(text), let agent = try await store.agent(id, in: workspace) { return agent }
        return try await store.agent(named: text, in: workspace)
    }
}
