package import Model
import PostgresClient

extension Store {
    /// What an idempotency key made before; nil when it is new, or its time is over.
    package func creation(
        by idempotency: IdempotencyKey,
        in workspace: WorkspaceID
    ) async throws -> CreationOutcome? {
        try await StoreError.translating { [pool] in
            try await Self.creation(by: idempotency, in: workspace, pool.query)
        }
    }

    static func creation(
        by idempotency: IdempotencyKey,
        in workspace: WorkspaceID,
        _ query: (String, [any PostgresEncodable]) async throws -> PostgresRows
    ) async throws -> CreationOutcome? {
        let rows = try await query(
            """
            select k.body_hash, k.sandbox_id as keyed, \(SandboxRecord.columns())
            from idempotency_keys k left join sandboxes s on s.id = k.sandbox_id and s.deleted_at is null
            where k.workspace_id = $1 and k.key = $2 and k.expires_at >= now()
            """,
            [workspace.rawValue, idempotency.key]
        )
        guard let row = rows.first else { return nil }
        guard try row.get("body_hash", as: [UInt8].self) == idempotency.bodyHash else { return .keyConflict }
        guard try row.get("id", as: String?.self) != nil else { return .repeatedDeleted(try row.identifier("keyed")) }
        return .repeated(try SandboxRecord(row))
    }

    /// The image of a sandbox, also of one that is deleted; nil when it has the usual one, or there is none.
    package func image(of sandbox: SandboxID) async throws -> String? {
        try await query("select spec from sandboxes where id = $1", [sandbox.rawValue])
            .first.map { try $0.json("spec", as: SandboxSpec.self) }?
            .image
    }

    /// The environment of a sandbox to be, sealed for it.
    func seal(_ sandbox: NewSandbox) async throws -> [UInt8]? {
        guard let other = sandbox.environmentOf else { return try sealer.seal(sandbox.environment, for: sandbox.id) }
        let rows = try await query(
            "select env_sealed from sandboxes where id = $1 and workspace_id = $2 and deleted_at is null",
            [other.rawValue, sandbox.workspace.rawValue]
        )
        guard let row = rows.first else { throw Fault(.sandboxNotFound, "There is no such sandbox.") }
        return try sealer.seal(sealer.open(try row.get("env_sealed", as: [UInt8]?.self), for: other), for: sandbox.id)
    }
}
