package import Model
import PostgresClient

/// Changes to an agent's record; nil leaves a field as it is.
package struct AgentPatch: Sendable {
    package var name: String?
    package var labels: [String: String]?
    package var reconnectWindowMs: Int64?

    package init(name: String? = nil, labels: [String: String]? = nil, reconnectWindowMs: Int64? = nil) {
        self.name = name
        self.labels = labels
        self.reconnectWindowMs = reconnectWindowMs
    }
}

/// How a change of an agent ended.
package enum AgentPatchOutcome: Sendable {
    case patched(AgentRecord)
    case notFound
    case nameTaken
}

extension Store {
    package func patchAgent(
        _ id: AgentID,
        in workspace: WorkspaceID,
        _ patch: AgentPatch,
        actor: String
    ) async throws -> AgentPatchOutcome {
        do {
            return try await StoreError.translating {
                do {
                    let rows = try await pool.query(
                        """
                        update agents a set name = coalesce($3, name), labels = coalesce($4::jsonb, labels),
                            reconnect_window_ms = coalesce($5::bigint, reconnect_window_ms), version = version + 1,
                            event_kind = 'agent.updated', event_actor = $6, event_reason = null
                        where id = $1 and workspace_id = $2 and revoked_at is null
                        returning \(AgentRecord.columns())
                        """,
                        [
                            id.rawValue, workspace.rawValue, patch.name,
                            try patch.labels.map { try PostgresJSON(encoding: $0) }, patch.reconnectWindowMs, actor,
                        ]
                    )
                    return try rows.first.map { .patched(try AgentRecord($0)) } ?? .notFound
                } catch let error as PostgresError where error.constraint == "agents_name" {
                    throw NameTaken()
                }
            }
        } catch is NameTaken {
            return .nameTaken
        }
    }
}

/// Carries one constraint's violation past the translation of errors.
private struct NameTaken: Error {}
