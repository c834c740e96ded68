package import Model
import PostgresClient

/// What the reaper's duties look for. Each claims a bounded batch with `SKIP LOCKED` and pushes `reap_after` on, so that
/// several reapers share the work and a sandbox that cannot be helped is not asked about all the time.
extension Store {
    /// Seconds until a claimed sandbox is looked at again.
    private static let patience = 15

    /// Sandboxes past their `timeoutMs`: writes the intent to stop them, so that whoever comes next finishes it.
    package func claimExpired(limit: Int, actor: String) async throws -> [DueSandbox] {
        try await query(
            """
            update sandboxes s set
                intent = 'stop', intent_reason = 'timeout', expires_at = null, updated_at = now(),
                version = version + 1, reap_after = now() + make_interval(secs => \(Self.patience)),
                event_kind = 'sandbox.stop_asked', event_actor = $2, event_reason = 'timeout'
            where id in (
                select id from sandboxes
                where expires_at < now() and deleted_at is null and intent in ('run', 'pause')
                order by expires_at limit $1 for update skip locked
            ) returning \(DueSandbox.columns)
            """,
            [limit, actor]
        )
        .map(DueSandbox.init)
    }

    /// Sandboxes that may idle: only their owner knows.
    package func claimIdle(limit: Int) async throws -> [DueSandbox] {
        try await query(
            """
            update sandboxes s set idle_at = now() + make_interval(secs => \(Self.patience))
            where id in (
                select id from sandboxes where idle_at < now() and deleted_at is null
                order by idle_at limit $1 for update skip locked
            ) returning \(DueSandbox.columns)
            """,
            [limit]
        )
        .map(DueSandbox.init)
    }

    /// Creations that nobody drives, and stops and deletes that nobody finished.
    package func claimUnsettled(limit: Int) async throws -> [DueSandbox] {
        try await query(
            """
            update sandboxes s set reap_after = now() + make_interval(secs => \(Self.patience))
            where id in (
                select id from sandboxes
                where deleted_at is null
                    and (status = 'creating' or intent = 'delete' or draining_box is not null or (
                        intent <> 'run'
                        and (lease_state <> 'cold' or status = 'active' or (intent = 'stop' and status = 'paused'))
                    ))
                    and reap_after < now()
                order by reap_after limit $1 for update skip locked
            ) returning \(DueSandbox.columns)
            """,
            [limit]
        )
        .map(DueSandbox.init)
    }

    /// Sandboxes that nobody serves although a box may have been made for them: the call was not answered, and nobody came back.
    package func claimUnresolved(limit: Int) async throws -> [DueSandbox] {
        try await query(
            """
            with due as (
                select b.id as box, o.id as sandbox from boxes b join sandboxes o on o.id = b.sandbox_id
                where b.state = 'intended' and b.reap_after < now() and b.call_deadline < now()
                    and o.lease_state = 'cold' and o.status <> 'error' and o.reap_after < now()
                -- In no order, which would have all of them sorted: who is claimed lets others have their turn.
                limit $1 for update of b, o skip locked
            ), looked_at as (
                update boxes b set reap_after = now() + make_interval(secs => \(Self.patience))
                from due d where b.id = d.box
            )
            update sandboxes s set reap_after = now() + make_interval(secs => \(Self.patience))
            from (select distinct sandbox from due) d where s.id = d.sandbox
            returning \(DueSandbox.columns)
            """,
            [limit]
        )
        .map(DueSandbox.init)
    }

    /// Sandboxes whose owner is dead: fenced, stopped, or past its heartbeat by a margin that lets a judge be steady.
    package func claimOrphaned(limit: Int) async throws -> [DueSandbox] {
        try await query(
            """
            update sandboxes s set reap_after = now() + make_interval(secs => \(Self.patience))
            where id in (
                select o.id from workers w join sandboxes o on o.owner = w.id
                where (w.state <> 'live' or w.valid_until < now()) and o.reap_after < now()
                limit $1 for update of o skip locked
            ) returning \(DueSandbox.columns)
            """,
            [limit]
        )
        .map(DueSandbox.init)
    }

    /// Sandboxes that nobody serves although programs run in them: their output waits to be stored.
    package func claimUnattended(limit: Int) async throws -> [DueSandbox] {
        try await query(
            """
            update sandboxes s set reap_after = now() + make_interval(secs => \(Self.patience))
            where id in (
                select o.id from sandboxes o
                where o.lease_state = 'cold' and o.status = 'active' and o.intent = 'run' and o.deleted_at is null
                    and o.reap_after < now() and exists (
                        -- One by one: all that runs in the fleet is not looked at. `offset` keeps it from being a join.
                        select from processes p
                        where p.sandbox_id = o.id and p.status = 'running' and not p.observed offset 0
                    )
                order by o.reap_after limit $1 for update of o skip locked
            ) returning \(DueSandbox.columns)
            """,
            [limit]
        )
        .map(DueSandbox.init)
    }

    /// Sandboxes whose box its provider will end soon: their owner drains it before that.
    package func claimEnding(limit: Int) async throws -> [DueSandbox] {
        try await query(
            """
            with ending as (
                select id from boxes where drain_at < now() and state = 'live'
                order by drain_at limit $1 for update skip locked
            ), claimed as (
                update boxes b set drain_at = now() + make_interval(secs => \(Self.patience))
                from ending e where b.id = e.id returning b.sandbox_id
            )
            select distinct \(DueSandbox.columns) from claimed c join sandboxes s on s.id = c.sandbox_id
            where s.deleted_at is null
            """,
            [limit]
        )
        .map(DueSandbox.init)
    }

    /// Lets a claimed sandbox come up again sooner.
    package func lookAgain(at sandbox: SandboxID, inSeconds seconds: Int) async throws {
        _ = try await query(
            "update sandboxes set reap_after = now() + make_interval(secs => $2) where id = $1",
            [sandbox.rawValue, seconds]
        )
    }

    /// Live rows of workers whose heartbeat is late enough to ask whether they are there at all.
    package func suspects() async throws -> [WorkerID] {
        try await query(
            "select id from workers where state = 'live' and heartbeat_at < now() - interval '4 seconds' limit 32"
        )
        .map { try $0.identifier("id") }
    }

    /// Marks workers fenced whose heartbeat has been over for long: nobody renews after this.
    ///
    /// - Parameter seconds: How long over; more than a database pause of ordinary length (rule 2).
    package func fenceLongDead(seconds: Int) async throws -> Int {
        try await query(
            """
            update workers set state = 'fenced', ended_at = now()
            where state = 'live' and valid_until < now() - make_interval(secs => $1) returning id
            """,
            [seconds]
        )
        .count
    }

    package func forgetExpiredKeys(limit: Int) async throws -> Int {
        try await query(
            """
            delete from idempotency_keys where (workspace_id, key) in (
                select workspace_id, key from idempotency_keys where expires_at < now()
                order by expires_at limit $1 for update skip locked
            ) returning key
            """,
            [limit]
        )
        .count
    }
}
