package import Model
import PostgresClient

extension Store {
    /// The boxes of a sandbox that are not known to be deleted, oldest first.
    package func boxes(of sandbox: SandboxID) async throws -> [BoxRecord] {
        try await query(
            "select * from boxes where sandbox_id = $1 and state <> 'deleted' order by epoch, id",
            [sandbox.rawValue]
        )
        .map { try BoxRecord($0) }
    }

    /// Writes the intent to make a box; committed before the provider is called.
    ///
    /// Fenced.
    ///
    /// - Parameter deadline: Seconds after which the provider's call has surely ended one way or the other.
    package func intendBox(
        _ box: BoxID,
        of sandbox: SandboxID,
        epoch: UInt64,
        provider: String,
        binding: (account: String, placement: String?),
        deadline: Int,
        reason: BoxReason? = nil,
        actor: String
    ) async throws -> Bool {
        try await !query(
            """
            insert into boxes (id, sandbox_id, provider, account, placement, epoch, call_deadline, event_actor, event_reason)
            select $1, s.id, $4, $5, $6, $3, now() + make_interval(secs => $7), $8, $9
            from sandboxes s where s.id = $2 and s.epoch = $3 and s.owner is not null for update
            on conflict (id) do update set
                epoch = excluded.epoch, call_deadline = excluded.call_deadline, event_actor = excluded.event_actor,
                event_reason = excluded.event_reason
            where boxes.state = 'intended'
            returning id
            """,
            [
                box.rawValue, sandbox.rawValue, Int64(epoch), provider, binding.account, binding.placement, deadline,
                actor, reason?.rawValue,
            ]
        )
        .isEmpty
    }

    /// Records what was learnt about a box.
    ///
    /// Not fenced by the lease: whoever learns it writes it (rule 9). But a later owner that took the attempt over knows better.
    ///
    /// - Parameters:
    ///   - epoch: The lease under which it was learnt.
    ///   - lifetime: Seconds from now until its provider ends it; nil keeps what is known.
    ///   - reason: Nil where the sandbox's own drain, stop or deletion is the reason.
    package func recordBox(
        _ box: BoxID,
        epoch: UInt64,
        externalID: String?,
        state: BoxRecord.State,
        lifetime: Int? = nil,
        reason: BoxReason? = nil,
        actor: String
    ) async throws {
        _ = try await query(
            "select record_box($1, $2, $3, $4, $5, $6, $7)",
            [box.rawValue, Int64(epoch), externalID, state.rawValue, lifetime, actor, reason?.rawValue]
        )
    }
}
