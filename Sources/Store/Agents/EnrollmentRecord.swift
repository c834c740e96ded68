package import FoundationEssentials
package import Model
import PostgresClient

/// The right to bring one machine, as the database knows it: everything but the token.
package struct EnrollmentRecord: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        case pending
        case used
        case expired
        case revoked
    }

    package var id: EnrollmentID
    package var workspace: WorkspaceID
    package var state: State
    /// What the agent will be called; nil lets it choose.
    package var name: String?
    package var labels: [String: String]
    package var createdAt: Date
    package var expiresAt: Date
    package var revokedAt: Date?
    package var usedAt: Date?
    package var agent: AgentID?

    static let columns = """
        e.id, e.workspace_id, e.name, e.labels, e.created_at, e.expires_at, e.revoked_at, e.used_at, e.agent_id,
        case when e.used_at is not null then 'used' when e.revoked_at is not null then 'revoked'
            when e.expires_at <= now() then 'expired' else 'pending' end as state
        """

    init(_ row: PostgresRow) throws {
        id = try row.identifier("id")
        workspace = try row.identifier("workspace_id")
        state = try row.word("state")
        name = try row.get("name", as: String?.self)
        labels = try row.json("labels", as: [String: String].self)
        createdAt = try row.get("created_at", as: Date.self)
        expiresAt = try row.get("expires_at", as: Date.self)
        revokedAt = try row.get("revoked_at", as: Date?.self)
        usedAt = try row.get("used_at", as: Date?.self)
        agent = try row.optionalIdentifier("agent_id")
    }
}
