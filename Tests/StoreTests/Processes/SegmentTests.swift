import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct SegmentTests {
    private func segment(_ process: ProcessID, _ first: UInt64, _ last: UInt64) -> OutputSegment {
        OutputSegment(
            process: process,
            firstSequence: first,
            lastSequence: last,
            stdoutStart: first * 10,
            stdoutEnd: last * 10,
            stderrStart: 0,
            stderrEnd: 3,
            streamSequence: last + 100,
            object: "\(process)/\(first)",
            bytes: 77
        )
    }

    @Test func piecesAreKeptOnceAndInOrder() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let served = try await fixture.served()
            let id = try await fixture.started(fixture.command("true"), in: served).id
            let pieces = [segment(id, 1, 4), segment(id, 5, 5), segment(id, 6, 900)]
            for piece in [pieces[1], pieces[0], pieces[2]] { #expect(try await store.addSegment(piece)) }
            #expect(try await store.segments(of: id) == pieces)
            // The same again, and what another reaper cut differently.
            for repeated in [pieces[0], segment(id, 1, 3), segment(id, 4, 5), segment(id, 3, 1000)] {
                #expect(try await !store.addSegment(repeated))
            }
            #expect(try await store.segments(of: id) == pieces)
            #expect(try await !store.addSegment(segment(.now(), 1, 1)))
        }
    }

    @Test func whatShouldBeArchivedIsClaimedOnce() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let served = try await fixture.served()
            let ended = try await fixture.started(fixture.command("true"), in: served).id
            let fresh = try await fixture.started(fixture.command("true"), in: served).id
            let long = try await fixture.started(fixture.command("sleep"), in: served).id
            let short = try await fixture.started(fixture.command("sleep"), in: served).id
            _ = try await fixture.end(ended, of: served, as: ProcessEnd(.exited, exitCode: 0))
            _ = try await fixture.end(fresh, of: served, as: ProcessEnd(.exited, exitCode: 0))
            try await fixture.age(ended, seconds: 100)
            try await fixture.age(long, seconds: 1000)
            func claim() async throws -> [ArchivableProcess] {
                try await store.claimArchivable(endedFor: 60, runningFor: 600, limit: 9)
            }
            let due = try await claim()
            #expect(due.map(\.process.id) == [ended, long])
            #expect(due.allSatisfy { $0.lastSegment == nil })
            #expect(due.first?.process.status == .exited)
            #expect(try await claim().isEmpty)

            try await fixture.postgres.sql("update processes set claimed_until = now() - interval '1 second'")
            #expect(try await store.addSegment(segment(long, 1, 4)))
            #expect(try await store.addSegment(segment(long, 5, 9)))
            #expect(try await store.addSegment(segment(ended, 1, 2)))
            try await store.outputArchived(long, as: .archived)
            // Its last piece is new, and it still runs: it is due in its time.
            #expect(try await claim().map { $0.lastSegment } == [segment(ended, 1, 2)])
            try await store.outputArchived(ended, as: .archived)
            try await fixture.postgres.sql(
                "update processes set claimed_until = null, segment_at = segment_at - interval '1 hour'"
            )
            #expect(try await claim().map { $0.lastSegment } == [segment(long, 5, 9)])
            #expect(try await store.process(ended, in: fixture.workspace)?.outputState == .archived)
            #expect(try await store.process(long, in: fixture.workspace)?.outputState == .ok)
            #expect(try await store.process(short, in: fixture.workspace)?.outputState == .ok)
        }
    }

    @Test func twoWhoClaimNeverHaveTheSame() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let served = try await fixture.served()
            for index in 0..<40 {
                let id = try await fixture.started(fixture.command("true"), in: served).id
                if index < 30 { _ = try await fixture.end(id, of: served, as: ProcessEnd(.exited, exitCode: 0)) }
                try await fixture.age(id, seconds: 1000)
            }
            func claim(_ limit: Int) async throws -> [ProcessID] {
                try await store.claimArchivable(endedFor: 60, runningFor: 60, limit: limit).map(\.process.id)
            }
            let claimed = try await withThrowingTaskGroup(of: [ProcessID].self) { group in
                for _ in 0..<4 { group.addTask { try await claim(9) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == Set(claimed).count)
            let rest = try await claim(100)
            #expect(Set(claimed + rest).count == 40 && claimed.count + rest.count == 40)
        }
    }

    @Test func whatIsOldIsForgottenWithItsPieces() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let served = try await fixture.served()
            var old: [ProcessID] = []
            for _ in 0..<3 {
                let id = try await fixture.started(fixture.command("true"), in: served).id
                _ = try await fixture.end(id, of: served, as: ProcessEnd(.exited, exitCode: 0))
                #expect(try await store.addSegment(segment(id, 1, 2)))
                old.append(id)
            }
            let young = try await fixture.started(fixture.command("true"), in: served).id
            _ = try await fixture.end(young, of: served, as: ProcessEnd(.exited, exitCode: 0))
            let running = try await fixture.started(fixture.command("sleep"), in: served).id
            for id in old + [running] { try await fixture.age(id, seconds: 3 * 3600) }
            // Rows are found by their ids, which tell when they were made: these are new, and so must the limit be.
            #expect(try await store.claimExpiredProcesses(olderThanHours: 4, limit: 9).isEmpty)
            let claimed = try await store.claimExpiredProcesses(olderThanHours: 1, limit: 2)
            #expect(claimed.count == 2 && Set(claimed).isSubset(of: old))
            let rest = try await store.claimExpiredProcesses(olderThanHours: 1, limit: 9)
            #expect(Set(claimed + rest) == Set(old) && claimed.count + rest.count == 3)

            try await store.deleteProcesses(old + [running])
            for id in old {
                #expect(try await store.process(id, in: fixture.workspace) == nil)
                #expect(try await store.segments(of: id).isEmpty)
            }
            #expect(try await store.process(running, in: fixture.workspace)?.isRunning == true)
            #expect(try await store.process(young, in: fixture.workspace) != nil)
        }
    }
}

extension StoreFixture {
    /// Makes a process older than it is.
    func age(_ process: ProcessID, seconds: Int) async throws {
        try await pool.withTransaction { connection in
            // What has ended does not change: for this the table's guard has to look away.
            try await connection.executeScript("set local session_replication_role = replica")
            try await connection.execute(
                """
                update processes set started_at = started_at - make_interval(secs => $2),
                    exited_at = exited_at - make_interval(secs => $2) where id = $1
                """,
                [process.rawValue, seconds]
            )
        }
    }
}
