package import Model
import PostgresClient

/// Changes to a sandbox's record; nil leaves a field as it is.
package struct SandboxPatch: Sendable {
    /// A field that can be changed, or cleared.
    package enum Change<Value: Sendable>: Sendable {
        case keep
        case clear
        case set(Value)

        var isChange: Bool {
            if case .keep = self { false } else { true }
        }

        var value: Value? {
            if case .set(let value) = self { value } else { nil }
        }
    }

    package var name: Change<String>
    package var metadata: [String: String]?
    package var tags: [String: String]?
    package var timeoutMs: Change<Int64>
    package var idleTimeoutMs: Change<Int64>
    package var persistent: Bool?

    package init(
        name: Change<String> = .keep,
        metadata: [String: String]? = nil,
        tags: [String: String]? = nil,
        timeoutMs: Change<Int64> = .keep,
        idleTimeoutMs: Change<Int64> = .keep,
        persistent: Bool? = nil
    ) {
        self.name = name
        self.metadata = metadata
        self.tags = tags
        self.timeoutMs = timeoutMs
        self.idleTimeoutMs = idleTimeoutMs
        self.persistent = persistent
    }
}

/// How a patch ended.
package enum PatchOutcome: Sendable {
    case patched(SandboxRecord)
    case notFound
    case nameTaken
}

extension Store {
    package func patch(
        _ id: SandboxID,
        in workspace: WorkspaceID,
        _ patch: SandboxPatch,
        actor: String
    ) async throws -> PatchOutcome {
        do {
            return try await StoreError.translating {
                do {
                    return try await apply(patch, to: id, in: workspace, actor: actor)
                } catch let error as PostgresError where error.constraint == "sandboxes_name" {
                    throw NameTaken()
                }
            }
        } catch is NameTaken {
            return .nameTaken
        }
    }

    private func apply(
        _ patch: SandboxPatch,
        to id: SandboxID,
        in workspace: WorkspaceID,
        actor: String
    ) async throws -> PatchOutcome {
        let rows = try await pool.query(
            """
            update sandboxes s set
                name = case when $3 then $4 else name end,
                metadata = coalesce($5::jsonb, metadata),
                tags = coalesce($6::jsonb, tags),
                timeout_ms = case when $7 then $8 else timeout_ms end,
                expires_at = case when $7 then activated_at + make_interval(secs => $8::bigint / 1000.0)
                    else expires_at end,
                idle_timeout_ms = case when $9 then $10 else idle_timeout_ms end,
                idle_at = case when $9 and status = 'active'
                    then now() + make_interval(secs => $10::bigint / 1000.0) else idle_at end,
                persistent = coalesce($11, persistent),
                updated_at = now(), version = version + 1,
                event_kind = 'sandbox.updated', event_actor = $12, event_reason = null
            where id = $1 and workspace_id = $2 and deleted_at is null
            returning \(SandboxRecord.columns())
            """,
            [
                id.rawValue, workspace.rawValue,
                patch.name.isChange, patch.name.value,
                try patch.metadata.map { try PostgresJSON(encoding: $0) },
                try patch.tags.map { try PostgresJSON(encoding: $0) },
                patch.timeoutMs.isChange, patch.timeoutMs.value,
                patch.idleTimeoutMs.isChange, patch.idleTimeoutMs.value,
                patch.persistent, actor,
            ]
        )
        return try rows.first.map { .patched(try SandboxRecord($0)) } ?? .notFound
    }
}

/// Carries one constraint's violation past the translation of errors.
private struct NameTaken: Error {}
