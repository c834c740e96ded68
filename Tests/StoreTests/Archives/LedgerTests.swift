import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct LedgerTests {
    @Test func snapshotsRotateAndTheSecondLastIsKept() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            var saved: [ArchiveID] = []
            for _ in 0..<4 { saved.append(try await fixture.saved(of: served, .snapshot)) }
            var states: [String] = []
            for id in saved { states.append(try await fixture.state(of: id)) }
            #expect(states == ["delete_pending", "delete_pending", "previous", "current"])
            let best = try await fixture.store.archives(of: served.sandbox)
            #expect(best.map(\.id) == [saved[3], saved[2]])
            #expect(best.first?.reference?.externalID == saved[3].rawValue)
        }
    }

    @Test func aSupersededOwnerBeginsAndPublishesNothing() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let good = try await fixture.saved(of: served, .snapshot)
            let begun = fixture.archive(of: served, .snapshot)
            #expect(try await fixture.store.intendArchive(begun, actor: "worker"))
            let next = try await fixture.takenOver(served)
            #expect(try await !fixture.publish(begun, epoch: served.epoch))
            #expect(try await !fixture.store.intendArchive(fixture.archive(of: served, .snapshot), actor: "worker"))
            #expect(try await fixture.state(of: good) == "current")
            #expect(try await fixture.state(of: begun.id) == "candidate")
            #expect(try await fixture.store.unfinishedSnapshot(of: served.sandbox)?.id == begun.id)
            let restore = try await fixture.store.beginRestore(
                good,
                of: served.sandbox,
                epoch: served.epoch,
                reason: nil,
                actor: "worker"
            )
            #expect(restore == nil)
            #expect(try await fixture.publish(begun, epoch: next.epoch))
            #expect(try await fixture.state(of: good) == "previous")
        }
    }

    @Test func beginningAndPublishingMayBeRepeated() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let archive = fixture.archive(of: served, .snapshot)
            for _ in 0..<2 { #expect(try await fixture.store.intendArchive(archive, actor: "worker")) }
            for _ in 0..<2 { #expect(try await fixture.publish(archive, epoch: served.epoch)) }
            #expect(try await fixture.store.archives(of: served.sandbox).map(\.id) == [archive.id])
            _ = try await fixture.saved(of: served, .snapshot)
            // The answer came very late: it was published all the same.
            #expect(try await fixture.publish(archive, epoch: served.epoch))
            #expect(try await fixture.state(of: archive.id) == "previous")
        }
    }

    @Test func theTableRefusesOtherMoves() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let snapshot = try await fixture.saved(of: served, .snapshot)
            for state in ["candidate", "deleted", "delete_failed"] {
                await #expect(throws: PostgresError.self) {
                    _ = try await fixture.pool.query(
                        "update archives set state = $2 where id = $1",
                        [snapshot.rawValue, state]
                    )
                }
            }
            let checkpoint = try await fixture.saved(of: served)
            await #expect(throws: PostgresError.self) {
                _ = try await fixture.pool.query(
                    "update archives set state = 'previous' where id = $1",
                    [checkpoint.rawValue]
                )
            }
        }
    }

    /// What the model says of the moves, the trigger does.
    @Test func modelAndTableAgreeOnTheMoves() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            for from in ArchiveState.allCases {
                for to in ArchiveState.allCases where to != from {
                    let id = ArchiveID.now()
                    try await fixture.postgres.sql(
                        """
                        insert into archives (id, workspace_id, sandbox_id, purpose, state, format, provider, epoch,
                            reference, published_at, settled_at, event_actor)
                        select '\(id)', workspace_id, id, 'snapshot', '\(from.rawValue)', 'native', 'local', 1, '{}',
                            now(), case when '\(from.rawValue)' = 'deleted' then now() end, 'test' from sandboxes
                        """
                    )
                    var isMoved = true
                    do {
                        _ = try await fixture.pool.query(
                            """
                            update archives set state = $2, settled_at = case when $2 = 'deleted' then now() end
                            where id = $1
                            """,
                            [id.rawValue, to.rawValue]
                        )
                    } catch {
                        isMoved = false
                    }
                    #expect(isMoved == from.mayBecome(to), "\(from) to \(to)")
                    try await fixture.postgres.sql("delete from archives where id = '\(id)'")
                }
            }
            #expect(try await fixture.store.archives(of: served.sandbox).isEmpty)
        }
    }

    @Test func whatADrainSavedGoesWithItsSandboxWhatAUserSavedStays() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let snapshots = [
                try await fixture.saved(of: served, .snapshot), try await fixture.saved(of: served, .snapshot),
            ]
            let fork = try await fixture.saved(of: served, .fork)
            let checkpoint = try await fixture.saved(of: served)
            _ = try await fixture.store.intend(.delete, for: served.sandbox, in: fixture.workspace, actor: "user")
            #expect(
                try await fixture.store.settle(
                    served.sandbox,
                    epoch: served.epoch,
                    as: .delete,
                    keepsBox: false,
                    actor: "worker"
                )
            )
            for id in snapshots + [fork] { #expect(try await fixture.state(of: id) == "delete_pending") }
            #expect(try await fixture.state(of: checkpoint) == "current")
            let left = try await fixture.store.checkpoints(in: fixture.workspace, of: served.sandbox, after: nil, limit: 9)
            #expect(left.map(\.id) == [checkpoint])
        }
    }
}
