package import Model
import PostgresClient

extension Store {
    /// The boxes of a sandbox that are not known to be deleted, oldest first.
    package func boxes(of sandbox: SandboxID) async throws -> [BoxRecord] {
        try await query(
            "select * from boxes where sandbox_id = $1 and state <> 'deleted' order by epoch, id",
            [sandbox.rawValue]
        )
        .map(BoxRecord.init)
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
        deadline: Int
    ) async throws -> Bool {
        try await !query(
            """
            insert into boxes (id, sandbox_id, provider, account, placement, epoch, call_deadline)
            select $1, s.id, $4, $5, $6, $3, now() + make_interval(secs => $7)
            from sandboxes s where s.id = $2 and s.epoch = $3 and s.owner is not null for update
            on conflict (id) do update set epoch = excluded.epoch, call_deadline = excluded.call_deadline
            where boxes.state = 'intended'
            returning id
            """,
            [
                box.rawValue, sandbox.rawValue, Int64(epoch), provider, binding.account, binding.placement, deadline,
            ]
        )
        .isEmpty
    }

    /// Records what was learnt about a box.
    ///
    /// Not fenced: whoever learns it writes it (rule 9).
    package func recordBox(_ box: BoxID, externalID: String?, state: BoxRecord.State) async throws {
        _ = try await query(
            """
            update boxes set external_id = coalesce($2, external_id), state = $3,
                settled_at = case when $3 = 'deleted' then now() end
            where id = $1 and state <> 'deleted'
            """,
            [box.rawValue, externalID, state.rawValue]
        )
    }
}
