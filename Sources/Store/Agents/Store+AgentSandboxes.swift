package import Model
import PostgresClient

extension Store {
    /// Which of these sandboxes are deleted for good, of those that were on this agent's machine.
    ///
    /// One that is not known is not named: that nobody knows it proves nothing.
    package func deletedSandboxes(among sandboxes: [SandboxID], of agent: AgentID) async throws -> [SandboxID] {
        guard !sandboxes.isEmpty else { return [] }
        return try await query(
            "select id from sandboxes where id = any($1) and agent_id = $2 and deleted_at is not null",
            [sandboxes.map(\.rawValue), agent.rawValue]
        )
        .map { try $0.identifier("id") }
    }
}
