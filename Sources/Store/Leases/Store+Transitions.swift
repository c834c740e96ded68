package import Model
import PostgresClient

/// An owner's writes. Each is fenced by the epoch and answers nil or false when the lease is lost.
extension Store {
    /// The box answers: the sandbox is served, and the box's row says that it lives.
    ///
    /// - Parameter lifetime: Seconds from now until its provider ends it; nil keeps what is known.
    package func becomeWarm(
        _ sandbox: SandboxID,
        epoch: UInt64,
        box: BoxID,
        lifetime: Int?,
        envelope: Envelope,
        binding: (account: String, placement: String?),
        actor: String
    ) async throws -> SandboxRecord? {
        try await query(
            """
            with warm as (
                update sandboxes s set
                    lease_state = 'warm', status = 'active', source_archive = null, envelope = $3, account = $4, placement = $5,
                    error_code = null, error_message = null, shutdown_at = null,
                    activated_at = case when status = 'active' then activated_at else now() end,
                    expires_at = case when status = 'active' then expires_at
                        else now() + make_interval(secs => timeout_ms / 1000.0) end,
                    idle_at = now() + make_interval(secs => idle_timeout_ms / 1000.0),
                    updated_at = now(), version = version + 1,
                    event_kind = 'sandbox.active', event_actor = $6,
                    -- A new box begins with what was saved, where anything was.
                    event_reason = case
                        when envelope #>> '{sessionState,providerState,boxId}'
                            = ($3::jsonb) #>> '{sessionState,providerState,boxId}' then 'resumed'
                        when source_archive is not null or exists (
                            select from archives a
                            where a.sandbox_id = $1 and a.purpose = 'snapshot' and a.state in ('current', 'previous')
                        ) then 'restored'
                        else 'created' end
                where id = $1 and epoch = $2 and lease_state = 'warming' and draining_box is null
                returning \(SandboxRecord.columns())
            )
            select warm.*, record_box($7, $2, $8, 'live', $9, $6, null) from warm
            """,
            [
                sandbox.rawValue, Int64(epoch), try PostgresJSON(encoding: envelope), binding.account,
                binding.placement, actor, box.rawValue, envelope.boxId, lifetime,
            ]
        )
        .first.map(SandboxRecord.init)
    }

    /// Gives the lease back while the box lives on; the next owner finds it by the envelope.
    ///
    /// Like every statement that ends serving it locks the row `for update` first: so it waits for starts of processes that
    /// have passed the check, and starts that come later wait for it and are refused (rule 8).
    package func release(_ sandbox: SandboxID, epoch: UInt64, actor: String, reason: String) async throws -> Bool {
        try await !query(
            """
            with locked as (
                select id from sandboxes
                where id = $1 and epoch = $2 and lease_state in ('warming', 'warm', 'draining') for update
            )
            update sandboxes s set
                lease_state = 'cold', owner = null, version = version + 1,
                -- What was asked for meanwhile is still to be done, whoever acquires, and whether its box is known or not.
                draining_box = case when intent = 'run' then draining_box
                    else coalesce(draining_box, envelope #>> '{sessionState,providerState,boxId}', '') end,
                -- What runs on without an owner is looked for at once, what has to be finished soon.
                reap_after = case when status = 'active' and intent = 'run' then now()
                    else now() + interval '5 seconds' end,
                event_kind = 'sandbox.released', event_actor = $3, event_reason = $4
            from locked l where s.id = l.id
            returning s.id
            """,
            [sandbox.rawValue, Int64(epoch), actor, reason]
        )
        .isEmpty
    }

    /// From here the box is being stopped: whoever acquires now finishes that and never adopts it (rule 11).
    ///
    /// Starts of processes that slipped in before are visible to who reads afterwards, later ones are refused (rule 8).
    package func beginDraining(
        _ sandbox: SandboxID,
        epoch: UInt64,
        intent: Intent,
        reason: String?,
        actor: String
    ) async throws -> SandboxRecord? {
        try await query(
            "select \(SandboxRecord.columns()) from begin_draining($1, $2, $3, $4, $5) s",
            [sandbox.rawValue, Int64(epoch), intent.rawValue, reason, actor]
        )
        .first.map(SandboxRecord.init)
    }

    /// The box is stopped or deleted as the intent asked; the lease ends here.
    ///
    /// Processes that nobody has ended by then are lost with it: a trigger says so in the same transaction.
    ///
    /// - Parameters:
    ///   - keepsBox: The stopped box can be resumed by its envelope.
    ///   - deleted: A box that was deleted for it: that is true whoever has the lease by now.
    package func settle(
        _ sandbox: SandboxID,
        epoch: UInt64,
        as intent: Intent,
        keepsBox: Bool,
        deleted: BoxID? = nil,
        actor: String
    ) async throws -> Bool {
        let rows = try await query(
            """
            with locked as (
                select id, coalesce(intent_reason, intent) as reason from sandboxes
                where id = $1 and epoch = $2 and owner is not null for update
            ), noted as (
                select record_box($6, $2, null, 'deleted', null, $5, (select reason from locked))
                where $6::text is not null
            ), settled as (
                update sandboxes s set
                    lease_state = case when $3 = 'delete' then 'terminated' else 'cold' end, owner = null,
                    status = case when $3 = 'pause' then 'paused' else 'shutdown' end,
                    -- What is paused comes back by itself, unless something else was asked meanwhile.
                    intent = case when $3 = 'pause' and intent = 'pause' then 'run' else intent end,
                    -- The next drain has a reason of its own.
                    intent_reason = case when $3 = 'pause' and intent = 'pause' then null else intent_reason end,
                    shutdown_at = case when $3 = 'pause' then null else now() end,
                    deleted_at = case when $3 = 'delete' then now() end,
                    envelope = case when $4 then envelope end, draining_box = null,
                    env_sealed = case when $3 = 'delete' then null else env_sealed end,
                    error_code = null, error_message = null, idle_at = null, expires_at = null,
                    updated_at = now(), version = version + 1,
                    event_kind = case $3 when 'delete' then 'sandbox.deleted' when 'pause' then 'sandbox.paused'
                        else 'sandbox.stopped' end,
                    event_actor = $5, event_reason = intent_reason
                from locked l where s.id = l.id
                returning s.id
            )
            select (select count(*) from noted) as noted, (select count(*) from settled) as settled
            """,
            [sandbox.rawValue, Int64(epoch), intent.rawValue, keepsBox, actor, deleted?.rawValue]
        )
        return try rows.first?.get("settled", as: Int.self) == 1
    }

    /// It never came to be, for a reason that repeating will not cure.
    ///
    /// Boxes that earlier attempts may have made are superseded with it: nobody comes back to them, and the sweep deletes them.
    package func failCreation(_ sandbox: SandboxID, epoch: UInt64, fault: Fault, actor: String) async throws -> Bool {
        try await !query(
            """
            with failed as (
                update sandboxes set
                    lease_state = 'cold', owner = null, status = 'error', error_code = $3, error_message = $4,
                    shutdown_at = null, updated_at = now(), version = version + 1,
                    event_kind = 'sandbox.failed', event_actor = $5, event_reason = $3
                where id = $1 and epoch = $2 and lease_state = 'warming' and status = 'creating'
                returning id
            ), given_up as (
                update boxes b set state = 'superseded', epoch = $2, event_actor = $5, event_reason = 'failed_start'
                from failed f where b.sandbox_id = f.id and b.state in ('intended', 'live', 'stopped')
            )
            select id from failed
            """,
            [sandbox.rawValue, Int64(epoch), fault.code.rawValue, fault.message, actor]
        )
        .isEmpty
    }

    /// When it is worth asking again whether the sandbox idles; nil is never.
    package func setIdle(_ sandbox: SandboxID, epoch: UInt64, inMilliseconds delay: Int64?) async throws -> Bool {
        try await !query(
            """
            update sandboxes set idle_at = now() + make_interval(secs => $3::bigint / 1000.0)
            where id = $1 and epoch = $2 and owner is not null returning id
            """,
            [sandbox.rawValue, Int64(epoch), delay]
        )
        .isEmpty
    }
}
