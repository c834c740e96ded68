import FoundationEssentials
package import Model
import PostgresClient

extension Store {
    /// Archived pieces in order.
    package func segments(of process: ProcessID) async throws -> [OutputSegment] {
        try await query(
            """
            select \(OutputSegment.names.joined(separator: ", ")) from output_segments
            where process_id = $1 order by first_seq
            """,
            [process.rawValue]
        )
        .map(OutputSegment.init)
    }

    /// Adds one piece; false when what it holds is known already, or its process is forgotten.
    package func addSegment(_ segment: OutputSegment) async throws -> Bool {
        try await !query(
            """
            with p as (
                update processes set segment_at = now() where id = $1 returning id
            )
            insert into output_segments (\(OutputSegment.names.joined(separator: ", ")))
            select p.id, $2, $3, $4, $5, $6, $7, $8, $9, $10 from p
            where not exists (
                select from output_segments o where o.process_id = $1 and o.first_seq <= $3 and o.last_seq >= $2
            )
            on conflict do nothing returning true
            """,
            [
                segment.process.rawValue, Int64(clamping: segment.firstSequence), Int64(clamping: segment.lastSequence),
                Int64(clamping: segment.stdoutStart), Int64(clamping: segment.stdoutEnd),
                Int64(clamping: segment.stderrStart), Int64(clamping: segment.stderrEnd),
                Int64(clamping: segment.streamSequence), segment.object, segment.bytes,
            ]
        )
        .isEmpty
    }

    /// Claims processes whose output should be archived; a claim holds for a minute.
    ///
    /// - Parameters:
    ///   - endedFor: Ended so many seconds ago, and not archived.
    ///   - runningFor: Or running for so many seconds since the last segment.
    package func claimArchivable(endedFor: Int, runningFor: Int, limit: Int) async throws -> [ArchivableProcess] {
        try await query(
            """
            with ended as (
                select id from processes
                where exited_at < now() - make_interval(secs => $1) and output_state in ('ok', 'stalled')
                    and (claimed_until is null or claimed_until < now())
                order by exited_at limit $3 for update skip locked
            ), running as (
                select id from processes
                where status = 'running' and (claimed_until is null or claimed_until < now())
                    and coalesce(segment_at, started_at) < now() - make_interval(secs => $2)
                limit greatest(0, $3 - (select count(*) from ended)) for update skip locked
            ), claimed as (
                update processes p set claimed_until = now() + interval '1 minute'
                where id in (select id from ended union all select id from running)
                returning \(ProcessRecord.columns)
            )
            select \(ProcessRecord.columns(of: "c")), l.* from claimed c left join lateral (
                select \(OutputSegment.names.joined(separator: ", ")) from output_segments o
                where o.process_id = c.id order by first_seq desc limit 1
            ) l on true
            order by c.exited_at nulls last, c.id
            """,
            [endedFor, runningFor, limit]
        )
        .map { row in
            ArchivableProcess(
                process: try ProcessRecord(row),
                lastSegment: try row.get("first_seq", as: Int64?.self) == nil ? nil : try OutputSegment(row)
            )
        }
    }

    /// All output of an ended process is in segments, or had expired.
    package func outputArchived(_ process: ProcessID, as state: OutputState) async throws {
        _ = try await query(
            "update processes set output_state = $2, claimed_until = null where id = $1 and status <> 'running'",
            [process.rawValue, state.rawValue]
        )
    }

    /// Claims processes older than so many hours since their end, for deletion with their segments' objects.
    ///
    /// Ids begin with the time at which they were made, so the oldest are found by them, without an index of their own.
    package func claimExpiredProcesses(olderThanHours hours: Int, limit: Int) async throws -> [ProcessID] {
        // An hour of slack for clocks that differ; the row's own time decides.
        let latest = Date.now.addingTimeInterval(Double(1 - hours) * 3600).timeIntervalSince1970 * 1000
        var generator = SystemRandomNumberGenerator()
        let bound = ProcessID(at: UInt64(max(0, latest)), using: &generator)
        return try await query(
            """
            with expired as (
                select id from processes
                where id < $1 and exited_at < now() - make_interval(hours => $2::int)
                    and (claimed_until is null or claimed_until < now())
                order by id limit $3 for update skip locked
            )
            update processes p set claimed_until = now() + interval '1 minute'
            from expired e where p.id = e.id returning p.id
            """,
            [bound.rawValue, hours, limit]
        )
        .map { try $0.identifier("id") }
    }

    /// Deletes rows and segment rows of processes whose objects are deleted.
    package func deleteProcesses(_ processes: [ProcessID]) async throws {
        _ = try await query(
            "delete from processes where id = any($1) and status <> 'running'",
            [processes.map(\.rawValue)]
        )
    }
}
