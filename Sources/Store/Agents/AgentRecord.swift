package import FoundationEssentials
package import Model
import PostgresClient

/// A user's own machine, as the database knows it.
package struct AgentRecord: Sendable, Hashable {
    package var id: AgentID
    package var workspace: WorkspaceID
    package var enrollment: EnrollmentID
    package var name: String
    package var labels: [String: String]
    /// The agent's own NKey.
    package var publicKey: String
    /// As the machine called itself last.
    package var hostName: String
    package var createdAt: Date
    /// Its credentials were taken back, for good.
    package var revokedAt: Date?
    /// The run that may speak, and the machine that it is on.
    package var instance: AgentInstanceID?
    package var machine: String?
    package var instanceAt: Date?
    package var state: AgentState
    package var stateAt: Date
    package var lastBeatAt: Date?
    /// For how long calls wait for it once it has gone silent.
    package var reconnectWindowMs: Int
    /// Nil until its first beat.
    package var capabilities: AgentCapabilities?
    package var load: AgentLoad?

    static func columns(_ table: String = "a") -> String {
        [
            "id", "workspace_id", "enrollment_id", "name", "labels", "public_key", "host_name", "created_at",
            "revoked_at", "instance", "machine", "instance_at", "state", "state_at", "last_beat_at",
            "reconnect_window_ms", "capabilities", "load",
        ]
        .map { "\(table).\($0)" }.joined(separator: ", ")
    }

    init(_ row: PostgresRow) throws {
        id = try row.identifier("id")
        workspace = try row.identifier("workspace_id")
        enrollment = try row.identifier("enrollment_id")
        name = try row.get("name", as: String.self)
        labels = try row.json("labels", as: [String: String].self)
        publicKey = try row.get("public_key", as: String.self)
        createdAt = try row.get("created_at", as: Date.self)
        revokedAt = try row.get("revoked_at", as: Date?.self)
        instance = try row.optionalIdentifier("instance")
        machine = try row.get("machine", as: String?.self)
        instanceAt = try row.get("instance_at", as: Date?.self)
        state = try row.word("state")
        stateAt = try row.get("state_at", as: Date.self)
        lastBeatAt = try row.get("last_beat_at", as: Date?.self)
        reconnectWindowMs = try row.get("reconnect_window_ms", as: Int.self)
        capabilities = try row.optionalJSON("capabilities", as: AgentCapabilities.self)
        load = try row.optionalJSON("load", as: AgentLoad.self)
        hostName = try capabilities?.hostName ?? row.get("host_name", as: String.self)
    }
}
