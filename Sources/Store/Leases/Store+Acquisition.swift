package import Model
import PostgresClient

extension Store {
    /// Takes the lease when there is no live owner, and adds one to the epoch.
    ///
    /// An owner counts as dead when its incarnation was fenced or stopped, or when its heartbeat is over **and** the taker's
    /// own heartbeats have come without a gap long enough to judge (rule 2); all of it inside one statement. A worker that has
    /// it without knowing of it takes it anew by its epoch. A trigger moves the running processes to the new epoch in the same
    /// transaction (rule 1).
    package func acquire(
        _ sandbox: SandboxID,
        in workspace: WorkspaceID,
        for worker: WorkerID,
        placement: String?,
        retaking: UInt64? = nil
    ) async throws -> Acquisition {
        let rows = try await query(
            """
            with locked as (
                -- Whole: only what a lock returns is as it is after the wait, another look at the table is as old as the
                -- statement.
                select s.* from sandboxes s
                where s.id = $1 and s.workspace_id = $2 and s.deleted_at is null for update
            ), taker as (
                select id, steady_since <= now() - make_interval(secs => \(Self.judgeSteadiness)) as steady
                from workers where id = $3 and state = 'live' and valid_until > now()
            ), taken as (
                update sandboxes s set
                    owner = $3, epoch = s.epoch + 1, lease_state = 'warming',
                    -- Who takes it to stop its box never adopts that, whatever is asked meanwhile (rule 11).
                    draining_box = case when s.intent = 'run' then s.draining_box
                        else coalesce(s.draining_box, s.envelope #>> '{sessionState,providerState,boxId}') end,
                    placement = coalesce(s.placement, $4),
                    reap_after = now() + interval '30 seconds', version = s.version + 1,
                    event_kind = 'sandbox.acquired', event_actor = 'worker/' || $3,
                    event_reason = case when l.owner is not null then 'owner_dead' end
                from locked l cross join taker t left join lateral (
                    select o.state <> 'live' or (o.valid_until < now() and t.steady) as dead
                    from workers o where o.id = l.owner
                ) rival on true
                where s.id = l.id and (l.owner is null or (l.owner = $3 and l.epoch = $5) or (l.owner <> $3 and rival.dead))
                    and (l.placement is null or l.placement is not distinct from $4)
                returning \(SandboxRecord.columns())
            )
            select true as mine, (select count(*) from taker) as takers, \(SandboxRecord.columns("t")) from taken t
            union all
            select false, (select count(*) from taker), \(SandboxRecord.columns("l"))
            from locked l where not exists (select from taken)
            """,
            [
                sandbox.rawValue, workspace.rawValue, worker.rawValue, placement,
                retaking.map { Int64(clamping: $0) },
            ]
        )
        guard let row = rows.first else { return .notFound }
        let record = try SandboxRecord(row)
        guard try row.get("mine", as: Bool.self) else {
            guard try row.get("takers", as: Int.self) > 0 else { return .notLive }
            if let bound = record.placement, bound != placement { return .elsewhere(placement: bound) }
            guard let owner = record.owner else { return .notLive }
            return .owned(by: owner, epoch: record.epoch)
        }
        let environment = try sealer.open(try row.get("env_sealed", as: [UInt8]?.self), for: record.id)
        async let boxes = boxes(of: sandbox)
        async let archives = record.persistent || record.source != nil ? archives(of: sandbox) : []
        return .acquired(
            LeasedSandbox(
                record: record,
                environment: environment,
                boxes: try await boxes,
                archives: try await archives
            )
        )
    }

    /// Whether the epoch is still the sandbox's; read right before a far end that cannot fence is changed (rule 4).
    package func holds(_ sandbox: SandboxID, epoch: UInt64) async throws -> Bool {
        try await !query(
            "select 1 from sandboxes where id = $1 and epoch = $2 and owner is not null",
            [sandbox.rawValue, Int64(epoch)]
        )
        .isEmpty
    }

    /// The record under our epoch; nil when the lease is lost.
    package func leased(_ sandbox: SandboxID, epoch: UInt64) async throws -> SandboxRecord? {
        try await query(
            "select \(SandboxRecord.columns()) from sandboxes s where id = $1 and epoch = $2 and owner is not null",
            [sandbox.rawValue, Int64(epoch)]
        )
        .first.map(SandboxRecord.init)
    }
}
