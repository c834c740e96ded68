import Model
import Store

/// Why a sandbox cannot be on a machine, as far as that is known without asking it.
enum AgentRefusal {
    /// Nil when nothing speaks against it; a machine that reconnects is waited for.
    static func of(_ agent: AgentRecord, _ spec: SandboxSpec) -> Fault? {
        switch agent.state {
        case .new, .offline: return .agentOffline(agent)
        case .online, .reconnecting: break
        }
        if let what = unsupported(spec) {
            return Fault(
                .unsupported,
                "A sandbox on a user's own machine cannot have \(what).",
                hint: "Leave it out.",
                details: Fault.agentDetails(agent)
            )
        }
        guard let capabilities = agent.capabilities else { return nil }
        guard !capabilities.exec, !capabilities.files else { return nil }
        let setting = capabilities.denials["exec"] ?? "allow.exec"
        return Fault(
            .agentDenied,
            "The user of \(agent.hostName) allows neither commands nor files: \(setting) says so.",
            details: Fault.agentDetails(agent).merging(["setting": setting]) { own, _ in own }
        )
    }

    private static func unsupported(_ spec: SandboxSpec) -> String? {
        if spec.image != nil { return "an image" }
        if !spec.ports.isEmpty { return "ports" }
        if spec.resources != Resources() { return "resources of its own" }
        if spec.networkPolicy != .full { return "the network policy \(spec.networkPolicy.rawValue)" }
        return nil
    }
}
