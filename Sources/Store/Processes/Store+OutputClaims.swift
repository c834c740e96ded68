package import Model
import PostgresClient

/// Moving output to the archive out of turn, when the stream needs room.
extension Store {
    /// Every process that may hold messages in the stream, those first whose messages may be the oldest.
    ///
    /// One statement, so one snapshot: a process whose row it does not see had no message before it began.
    package func unarchivedOutput(limit: Int) async throws -> [UnarchivedOutput] {
        try await query(
            """
            with holders as (
                select id, workspace_id, sandbox_id, true as running, stream_first from processes
                where status = 'running'
                union all
                select id, workspace_id, sandbox_id, false, stream_first from processes
                where exited_at is not null and output_state in ('ok', 'stalled')
            )
            select h.id, h.workspace_id, h.sandbox_id, h.running, l.next is not null as moved,
                coalesce(l.next, h.stream_first, 0) as stream_start
            from holders h left join lateral (
                select o.stream_seq + 1 as next from output_segments o
                where o.process_id = h.id order by o.first_seq desc limit 1
            ) l on true
            order by stream_start, h.id limit $1
            """,
            [limit]
        )
        .map(UnarchivedOutput.init)
    }

    /// Claims one process's output for a minute; false while somebody else is at it.
    package func claimOutput(of process: ProcessID) async throws -> Bool {
        try await !query(
            """
            update processes set claimed_until = now() + interval '1 minute'
            where id = $1 and (claimed_until is null or claimed_until < now()) returning true
            """,
            [process.rawValue]
        )
        .isEmpty
    }

    /// Holds a claim for another minute.
    package func keepOutputClaim(of process: ProcessID) async throws {
        _ = try await query(
            "update processes set claimed_until = now() + interval '1 minute' where id = $1",
            [process.rawValue]
        )
    }

    /// Lets go of a claim; what was stored until now has been looked at.
    package func releaseOutput(of process: ProcessID) async throws {
        _ = try await query(
            "update processes set claimed_until = null, segment_at = now() where id = $1",
            [process.rawValue]
        )
    }
}
