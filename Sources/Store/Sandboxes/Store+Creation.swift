package import Model
import PostgresClient

extension Store {
    /// How long an idempotency key is remembered (rule 26), in hours.
    package static let idempotencyHours = 48

    /// How often a name that was freed meanwhile is tried again.
    private static let nameAttempts = 3

    /// Writes the intent to have a sandbox: the row, and the idempotency key that names it, in one transaction.
    ///
    /// Of several with one name at the same time one makes it, and the others are told of it.
    package func create(_ sandbox: NewSandbox, idempotency: IdempotencyKey?) async throws -> CreationOutcome {
        for _ in 0..<Self.nameAttempts {
            do {
                return try await attempt(sandbox, idempotency)
            } catch let refusal as Refusal {
                switch refusal {
                case .source:
                    if try await lacksAgent(sandbox) { return .agentUnknown }
                    return try await sourceOutcome(sandbox)
                case .name:
                    guard let name = sandbox.name else { continue }
                    if let holder = try await self.sandbox(named: name, in: sandbox.workspace) {
                        return .nameTaken(holder)
                    }
                }
            }
        }
        throw StoreError(.outcomeUnknown, "the name was taken and freed again meanwhile")
    }

    private func attempt(_ sandbox: NewSandbox, _ idempotency: IdempotencyKey?) async throws -> CreationOutcome {
        let sealed = try await seal(sandbox)
        return try await StoreError.translating { [pool] in
            guard let idempotency else { return .created(try await Self.insert(sandbox, sealed: sealed, pool.query)) }
            return try await pool.withTransaction { connection in
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
                guard !fresh.isEmpty else {
                    guard
                        let repeated = try await Self.creation(by: idempotency, in: sandbox.workspace, connection.query)
                    else { throw StoreError(.outcomeUnknown, "the idempotency key expired meanwhile") }
                    return repeated
                }
                // When it is refused the transaction goes back with its key.
                return .created(try await Self.insert(sandbox, sealed: sealed, connection.query))
            }
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

    /// Why a sandbox cannot begin with what it names.
    private func sourceOutcome(_ sandbox: NewSandbox) async throws -> CreationOutcome {
        let rows = try await query(
            "select state from archives where id = $1 and workspace_id = $2 and purpose <> 'snapshot'",
            [sandbox.source?.rawValue, sandbox.workspace.rawValue]
        )
        guard let state: ArchiveState = try rows.first?.word("state") else { return .sourceUnknown }
        switch state {
        // Ready since.
        case .candidate, .current, .previous: return .sourceNotReady
        case .deletePending, .deleted, .deleteFailed: return .sourceUnknown
        }
    }

    private static func insert(
        _ sandbox: NewSandbox,
        sealed: [UInt8]?,
        _ query: (String, [any PostgresEncodable]) async throws -> PostgresRows
    ) async throws -> SandboxRecord {
        let rows: PostgresRows
        do {
            rows = try await query(
                insertion,
                [
                    sandbox.id.rawValue, sandbox.workspace.rawValue, sandbox.provider, sandbox.name,
                    sandbox.persistent, try PostgresJSON(encoding: sandbox.spec), sealed,
                    try PostgresJSON(encoding: sandbox.metadata), try PostgresJSON(encoding: sandbox.tags),
                    sandbox.timeoutMs, sandbox.idleTimeoutMs, sandbox.actor, sandbox.source?.rawValue,
                    sandbox.spec.agent?.rawValue,
                ]
            )
        } catch let error as PostgresError {
            guard error.constraint == "sandboxes_name" else { throw error }
            throw Refusal.name
        }
        guard let row = rows.first else { throw Refusal.source }
        return try SandboxRecord(row)
    }

    private func lacksAgent(_ sandbox: NewSandbox) async throws -> Bool {
        guard let agent = sandbox.spec.agent else { return false }
        return try await self.agent(agent, in: sandbox.workspace) == nil
    }

    /// Source and agent are locked against their deletion until the row names them.
    private static var insertion: String {
        """
        with machine as (
            select id from agents where id = $14 and workspace_id = $2 and revoked_at is null for key share
        ), source as (
            select id, provider, placement, format from archives
            where id = $13 and workspace_id = $2 and purpose <> 'snapshot' and state = 'current' for share
        )
        insert into sandboxes as s (
            id, workspace_id, provider, name, persistent, spec, env_sealed, metadata, tags, timeout_ms,
            idle_timeout_ms, event_kind, event_actor, reap_after, placement, source_archive, agent_id
        )
        select $1, $2, case when a.format = 'native' then a.provider else $3 end, $4, $5, $6, $7, $8, $9, $10,
            $11, 'sandbox.created', $12, now() + interval '5 seconds',
            case when a.format = 'native' then a.placement end, a.id, m.id
        from (values (1)) as one left join source a on true left join machine m on true
        where ($13 is null or a.id is not null) and ($14 is null or m.id is not null)
        returning \(SandboxRecord.columns())
        """
    }
}

/// Carries what is refused out of its transaction.
private enum Refusal: Error {
    case name
    case source
}
