package import Model
import PostgresClient

extension Store {
    /// How long an idempotency key is remembered (rule 26), in hours.
    package static let idempotencyHours = 48

    /// Writes the intent to have a sandbox: the row, and the idempotency key that names it, in one transaction.
    package func create(_ sandbox: NewSandbox, idempotency: IdempotencyKey?) async throws -> CreationOutcome {
        guard let idempotency else { return try await insert(sandbox) }
        return try await StoreError.translating {
            try await pool.withTransaction { connection in
                // A repeat waits here until the first has committed or rolled back.
                let fresh = try await connection.query(
                    """
                    insert into idempotency_keys as k (workspace_id, key, body_hash, sandbox_id, expires_at)
                    values ($1, $2, $3, $4, now() + make_interval(hours => \(Self.idempotencyHours)))
                    on conflict (workspace_id, key) do update set
                        body_hash = excluded.body_hash, sandbox_id = excluded.sandbox_id,
                        created_at = now(), expires_at = excluded.expires_at
                    where k.expires_at < now()
                    returning key
                    """,
                    [
                        sandbox.workspace.rawValue, idempotency.key, idempotency.bodyHash, sandbox.id.rawValue,
                    ]
                )
                guard !fresh.isEmpty else { return try await Self.repeated(sandbox, idempotency, connection) }
                do {
                    return .created(try await Self.insert(sandbox, sealed: seal(sandbox), connection.query))
                } catch let error as PostgresError where error.constraint == "sandboxes_name" {
                    // The transaction goes back with its key; the name's holder is looked up outside it.
                    throw NameTaken()
                }
            }
        } rescuing: { () async throws -> CreationOutcome in
            try await nameTaken(sandbox)
        }
    }

    /// Forgets a creation that provably nobody began: no owner ever took its lease.
    ///
    /// - Returns: Whether it was forgotten.
    package func abandonCreation(_ sandbox: SandboxID) async throws -> Bool {
        try await !query(
            """
            with gone as (
                delete from sandboxes where id = $1 and epoch = 0 and status = 'creating' returning id, workspace_id
            ), unkeyed as (
                delete from idempotency_keys k using gone g
                where k.workspace_id = g.workspace_id and k.sandbox_id = g.id
            )
            select id from gone
            """,
            [sandbox.rawValue]
        )
        .isEmpty
    }

    private func insert(_ sandbox: NewSandbox) async throws -> CreationOutcome {
        try await StoreError.translating {
            do {
                return .created(try await Self.insert(sandbox, sealed: seal(sandbox), pool.query))
            } catch let error as PostgresError where error.constraint == "sandboxes_name" {
                throw NameTaken()
            }
        } rescuing: {
            try await nameTaken(sandbox)
        }
    }

    private func seal(_ sandbox: NewSandbox) throws -> [UInt8]? {
        try sealer.seal(sandbox.environment, for: sandbox.id)
    }

    private func nameTaken(_ sandbox: NewSandbox) async throws -> CreationOutcome {
        guard let name = sandbox.name, let holder = try await self.sandbox(named: name, in: sandbox.workspace) else {
            throw StoreError(.outcomeUnknown, "the name was taken and freed again meanwhile")
        }
        return .nameTaken(holder)
    }

    private static func repeated(
        _ sandbox: NewSandbox,
        _ idempotency: IdempotencyKey,
        _ connection: PostgresConnection
    ) async throws -> CreationOutcome {
        let rows = try await connection.query(
            """
            select k.body_hash, k.sandbox_id as keyed, \(SandboxRecord.columns())
            from idempotency_keys k left join sandboxes s on s.id = k.sandbox_id and s.deleted_at is null
            where k.workspace_id = $1 and k.key = $2
            """,
            [sandbox.workspace.rawValue, idempotency.key]
        )
        guard let row = rows.first else { throw StoreError(.outcomeUnknown, "the idempotency key expired meanwhile") }
        guard try row.get("body_hash", as: [UInt8].self) == idempotency.bodyHash else { return .keyConflict }
        guard try row.get("id", as: String?.self) != nil else { return .repeatedDeleted(try row.identifier("keyed")) }
        return .repeated(try SandboxRecord(row))
    }

    private static func insert(
        _ sandbox: NewSandbox,
        sealed: [UInt8]?,
        _ query: (String, [any PostgresEncodable]) async throws -> PostgresRows
    ) async throws -> SandboxRecord {
        let rows = try await query(
            """
            insert into sandboxes as s (
                id, workspace_id, provider, name, persistent, spec, env_sealed, metadata, tags, timeout_ms,
                idle_timeout_ms, event_kind, event_actor, reap_after
            ) values (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'sandbox.created', $12, now() + interval '5 seconds'
            ) returning \(SandboxRecord.columns())
            """,
            [
                sandbox.id.rawValue, sandbox.workspace.rawValue, sandbox.provider, sandbox.name, sandbox.persistent,
                try PostgresJSON(encoding: sandbox.spec), sealed, try PostgresJSON(encoding: sandbox.metadata),
                try PostgresJSON(encoding: sandbox.tags), sandbox.timeoutMs, sandbox.idleTimeoutMs, sandbox.actor,
            ]
        )
        guard let row = rows.first else { throw StoreError(.internal, "the sandbox was not stored") }
        return try SandboxRecord(row)
    }
}

/// Carries one constraint's violation out of its transaction.
struct NameTaken: Error {}

extension StoreError {
    /// Like `translating`, and answers a taken name by looking who has it.
    static func translating<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value,
        rescuing rescue: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await translating(body)
        } catch is NameTaken {
            return try await rescue()
        }
    }
}
