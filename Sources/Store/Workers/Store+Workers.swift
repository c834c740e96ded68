package import Model
import PostgresClient

extension Store {
    /// How long one heartbeat proves life, by the database's clock, in seconds.
    package static let heartbeatValidity = Int(Heartbeat.validity)

    /// How long a worker's own heartbeats must have come without a gap before it may judge others (rule 2), in seconds.
    package static let judgeSteadiness = Int(Heartbeat.steadiness)

    package func register(_ worker: WorkerRegistration) async throws {
        _ = try await query(
            """
            insert into workers (id, name, host, pid, version, providers, placement, host_bound, descriptors,
                lock_key, valid_until)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => \(Self.heartbeatValidity)))
            """,
            [
                worker.id.rawValue, worker.name, worker.host, worker.pid, worker.version, worker.providers,
                worker.placement, worker.hostBound, PostgresJSON(text: worker.descriptors), worker.lockKey,
            ]
        )
    }

    /// Renews a worker's proof of life and tells the database's time.
    ///
    /// - Returns: Unix time of the database in milliseconds; nil when the incarnation was fenced or stopped and can never
    ///   renew.
    package func heartbeat(_ worker: WorkerID) async throws -> Int64? {
        try await query(
            """
            update workers set
                heartbeat_at = now(),
                steady_since = case when valid_until < now() then now() else steady_since end,
                valid_until = now() + make_interval(secs => \(Self.heartbeatValidity))
            where id = $1 and state = 'live'
            returning (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms
            """,
            [worker.rawValue],
            within: .seconds(5)
        )
        .first.map { try $0.get("now_ms", as: Int64.self) }
    }

    /// The database's time in Unix milliseconds.
    package func now() async throws -> Int64 {
        let rows = try await query("select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms")
        guard let row = rows.first else { throw StoreError(.internal, "no time from the database") }
        return try row.get("now_ms", as: Int64.self)
    }

    /// What a worker owns, by epoch; read again after a gap in its heartbeats.
    package func holdings(of worker: WorkerID) async throws -> [SandboxID: UInt64] {
        let pairs: [(SandboxID, UInt64)] = try await query(
            "select id, epoch from sandboxes where owner = $1",
            [worker.rawValue]
        )
        .map { (try $0.identifier("id"), UInt64(try $0.get("epoch", as: Int64.self))) }
        return Dictionary(pairs) { first, _ in first }
    }

    /// Whose sandbox this is; nil when there is none, or it is deleted.
    package func workspace(of sandbox: SandboxID) async throws -> WorkspaceID? {
        try await query(
            "select workspace_id from sandboxes where id = $1 and deleted_at is null",
            [sandbox.rawValue]
        )
        .first.map { try $0.identifier("workspace_id") }
    }

    /// The last word of a worker that stops in order.
    package func retire(_ worker: WorkerID) async throws {
        _ = try await query(
            "update workers set state = 'stopped', ended_at = now() where id = $1 and state = 'live'",
            [worker.rawValue]
        )
    }

    /// Marks a worker dead when both witnesses agree: the caller saw no responder, and its advisory lock is free (rule 3).
    ///
    /// - Returns: Whether it is dead now.
    package func fenceIfLockFree(_ worker: WorkerID) async throws -> Bool {
        let rows = try await StoreError.translating {
            try await pool.withTransaction { connection in
                try await connection.query(
                    """
                    with suspect as (
                        select id, state, pg_try_advisory_xact_lock(lock_key) as free from workers where id = $1
                    ), fenced as (
                        update workers w set state = 'fenced', ended_at = now()
                        from suspect s where w.id = s.id and s.free and w.state = 'live' returning w.id
                    )
                    select (s.state <> 'live' or exists (select from fenced)) as dead from suspect s
                    """,
                    [worker.rawValue]
                )
            }
        }
        return try rows.first?.get("dead", as: Bool.self) ?? true
    }

    /// Workers that live, or died lately.
    package func workers() async throws -> [WorkerRecord] {
        try await query(
            """
            select w.*, (extract(epoch from now() - w.heartbeat_at) * 1000)::bigint as heartbeat_age,
                (w.state = 'live' and w.valid_until > now()) as is_valid,
                (select count(*) from sandboxes s where s.owner = w.id) as sandboxes
            from workers w
            where w.state = 'live' or w.ended_at > now() - interval '10 minutes'
            order by w.id
            """
        )
        .map(WorkerRecord.init)
    }

    /// Names of the providers that a live worker serves.
    package func servedProviders() async throws -> Set<String> {
        try await Set(
            query(
                "select distinct unnest(providers) as name from workers where state = 'live' and valid_until > now()"
            )
            .map { try $0.get("name", as: String.self) }
        )
    }

    /// What live workers' providers can do, each worker's JSON array, the newest worker first.
    package func servedDescriptors() async throws -> [String] {
        try await query(
            """
            select descriptors from workers
            where state = 'live' and valid_until > now() order by started_at desc, id desc
            """
        )
        .map { try $0.get("descriptors", as: PostgresJSON.self).text }
    }
}
