package import Model
import PostgresClient

extension Store {
    /// Deletes an agent: it may never speak again.
    ///
    /// Its sandboxes stay, and so does whatever is on its machine.
    ///
    /// - Returns: The agent; the same again for one that is deleted already, so that whoever was cut off can go on.
    package func revokeAgent(
        _ id: AgentID,
        in workspace: WorkspaceID,
        actor: String
    ) async throws -> AgentRecord? {
        try await StoreError.translating { [pool] in
            try await pool.withTransaction { connection in
                let rows = try await connection.query(
                    """
                    select \(AgentRecord.columns()) from agents a where id = $1 and workspace_id = $2 for update
                    """,
                    [id.rawValue, workspace.rawValue]
                )
                guard let agent = try rows.first.map(AgentRecord.init) else { return nil }
                guard agent.revokedAt == nil else { return agent }
                _ = try await Self.revokeCredentials(of: agent.publicKey, on: connection)
                let revoked = try await connection.query(
                    """
                    update agents a set revoked_at = now(), state = 'offline', state_at = now(), version = version + 1,
                        event_kind = 'agent.revoked', event_actor = $2, event_reason = null
                    where id = $1 returning \(AgentRecord.columns())
                    """,
                    [id.rawValue, actor]
                )
                return try revoked.first.map(AgentRecord.init)
            }
        }
    }
}
