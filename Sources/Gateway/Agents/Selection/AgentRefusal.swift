import Model
import Store

/// Why a sandbox cannot be on a machine, as far as that is known without asking it.
enum AgentRefusal {
    /// Nil when nothing speaks against it; a machine that reconnects is waited for.
    ///
    /// - Parameter networkPolicy: What was asked for; nil takes what there is.
    static func of(_ agent: AgentRecord, _ spec: SandboxSpec, _ networkPolicy: NetworkPolicy?) -> Fault? {
        switch agent.state {
        case .new, .offline: return .agentOffline(agent)
        case .online, .reconnecting: break
        }
        if let denial = network(agent, spec, networkPolicy) { return denial }
        if let what = unsupported(spec) { return unsupported(what, agent) }
        guard let capabilities = agent.capabilities else { return nil }
        guard !capabilities.exec, !capabilities.files else { return nil }
        let setting = capabilities.denials["exec"] ?? "allow.exec"
        return denied("allows neither commands nor files", setting, agent)
    }

    /// What programs on a machine have, where nobody asks for anything.
    static func networkPolicy(of agent: AgentRecord) -> NetworkPolicy {
        networkDenial(of: agent) == nil ? .full : .none
    }

    private static func networkDenial(of agent: AgentRecord) -> String? { agent.capabilities?.denials["network"] }

    private static func network(_ agent: AgentRecord, _ spec: SandboxSpec, _ policy: NetworkPolicy?) -> Fault? {
        let policy = policy ?? networkPolicy(of: agent)
        if let setting = networkDenial(of: agent) {
            if policy != .none { return denied("allows programs no network", setting, agent) }
            if !spec.ports.isEmpty { return denied("allows programs no network, and so no ports", setting, agent) }
        } else if policy != .full {
            return unsupported(
                "the network policy \(policy.rawValue): programs there share the machine's network",
                agent
            )
        }
        return nil
    }

    private static func unsupported(_ spec: SandboxSpec) -> String? {
        if spec.image != nil { return "an image" }
        if !spec.ports.isEmpty { return "ports" }
        if spec.resources != Resources() { return "resources of its own" }
        return nil
    }

    private static func unsupported(_ what: String, _ agent: AgentRecord) -> Fault {
        Fault(
            .unsupported,
            "A sandbox on a user's own machine cannot have \(what).",
            hint: "Leave it out.",
            details: Fault.agentDetails(agent)
        )
    }

    private static func denied(_ what: String, _ setting: String, _ agent: AgentRecord) -> Fault {
        Fault(
            .agentDenied,
            "The user of \(agent.hostName) \(what): \(setting) says so.",
            details: Fault.agentDetails(agent).merging(["setting": setting]) { own, _ in own }
        )
    }
}
