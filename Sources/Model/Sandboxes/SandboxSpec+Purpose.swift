extension SandboxSpec {
    private static let agentWords = ["codex", "agent"]

    /// Whether its purpose is an agent's work, by its words; providers with profiles choose by that.
    package var isForAgent: Bool {
        let purpose = purpose?.lowercased() ?? ""
        return Self.agentWords.contains(where: purpose.contains)
    }
}
