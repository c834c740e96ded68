import FoundationEssentials
import Model
import PostgresClient

extension SandboxRecord {
    /// What every statement that returns a record selects.
    static func columns(_ table: String = "s") -> String {
        [
            "id", "workspace_id", "provider", "name", "status", "intent", "intent_reason", "persistent", "spec",
            "metadata", "tags", "timeout_ms", "idle_timeout_ms", "expires_at", "error_code", "error_message",
            "created_at", "updated_at", "shutdown_at", "lease_state", "epoch", "owner", "account", "placement",
            "envelope", "source_archive", "draining_box", "env_sealed",
        ]
        .map { "\(table).\($0)" }.joined(separator: ", ")
    }

    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.identifier("id"),
            workspace: try row.identifier("workspace_id"),
            provider: try row.get("provider", as: String.self),
            name: try row.get("name", as: String?.self),
            status: try row.word("status"),
            intent: try row.word("intent"),
            intentReason: try row.get("intent_reason", as: String?.self),
            persistent: try row.get("persistent", as: Bool.self),
            spec: try row.json("spec", as: SandboxSpec.self),
            metadata: try row.json("metadata", as: [String: String].self),
            tags: try row.json("tags", as: [String: String].self),
            timeoutMs: try row.get("timeout_ms", as: Int64?.self),
            idleTimeoutMs: try row.get("idle_timeout_ms", as: Int64?.self),
            expiresAt: try row.get("expires_at", as: Date?.self),
            errorCode: try row.get("error_code", as: String?.self),
            errorMessage: try row.get("error_message", as: String?.self),
            createdAt: try row.get("created_at", as: Date.self),
            updatedAt: try row.get("updated_at", as: Date.self),
            shutdownAt: try row.get("shutdown_at", as: Date?.self),
            leaseState: try row.word("lease_state"),
            epoch: UInt64(try row.get("epoch", as: Int64.self)),
            owner: try row.optionalIdentifier("owner"),
            account: try row.get("account", as: String?.self),
            placement: try row.get("placement", as: String?.self),
            envelope: try row.optionalJSON("envelope", as: Envelope.self),
            source: try row.optionalIdentifier("source_archive"),
            drainingBox: try row.get("draining_box", as: String?.self)
        )
    }
}
