import FleetTesting
import Model
import ServiceHost
import Store
import Testing

struct DueTests {
    @Test func whatIsDueIsClaimedOnceByManyReapers() async throws {
        try await StoreFixture.with { fixture in
            let worker = try await fixture.worker("w")
            for _ in 0..<20 {
                let id = try await fixture.created(fixture.sandbox()).id
                let epoch = try await fixture.lease(id, for: worker).record.epoch
                _ = try await fixture.warm(id, epoch: epoch)
            }
            try await fixture.postgres.sql("update sandboxes set expires_at = now() - interval '1 second'")
            let claimed = try await withThrowingTaskGroup(of: [SandboxID].self) { group in
                for _ in 0..<4 {
                    group.addTask { try await fixture.store.claimExpired(limit: 8, actor: "reaper").map(\.id) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(claimed).count == claimed.count)
            let rest = try await fixture.store.claimExpired(limit: 100, actor: "reaper").map(\.id)
            #expect(Set(claimed + rest).count == 20)
            #expect(try await fixture.store.claimExpired(limit: 100, actor: "reaper").isEmpty)
        }
    }

    @Test func sandboxesOfTheDeadAreFound() async throws {
        try await StoreFixture.with { fixture in
            let worker = try await fixture.worker("w")
            let id = try await fixture.created(fixture.sandbox()).id
            _ = try await fixture.lease(id, for: worker)
            try await fixture.postgres.sql("update sandboxes set reap_after = now() - interval '1 second'")
            #expect(try await fixture.store.claimOrphaned(limit: 9).isEmpty)
            try await fixture.store.retire(worker)
            #expect(try await fixture.store.claimOrphaned(limit: 9).map(\.id) == [id])
        }
    }

    /// A box that may exist is looked at in turn, and brings nobody to a sandbox that is served.
    @Test func boxesThatMayHaveBeenMadeTakeTurns() async throws {
        try await StoreFixture.with { fixture in
            let worker = try await fixture.worker("w")
            var waiting: Set<SandboxID> = []
            for number in 0..<3 {
                let id = try await fixture.created(fixture.sandbox()).id
                let epoch = try await fixture.lease(id, for: worker).record.epoch
                for _ in 0..<2 {
                    _ = try await fixture.store.intendBox(
                        .now(),
                        of: id,
                        epoch: epoch,
                        provider: "local",
                        binding: ("host", "here"),
                        deadline: -1,
                        actor: "test"
                    )
                }
                guard number > 0 else { continue }
                _ = try await fixture.store.release(id, epoch: epoch, actor: "test", reason: "test")
                waiting.insert(id)
            }
            try await fixture.postgres.sql("update sandboxes set reap_after = now() - interval '1 second'")
            try await fixture.postgres.sql("update boxes set reap_after = now() - interval '1 second'")
            var claimed: [SandboxID] = []
            for _ in 0..<4 { claimed += try await fixture.store.claimUnresolved(limit: 1).map(\.id) }
            #expect(claimed.count == 2)
            #expect(Set(claimed) == waiting)
        }
    }

    /// Nobody comes back to a creation that failed for good, so a box that an earlier attempt may have made is the sweep's.
    @Test func whatAFailedCreationMayHaveMadeIsSuperseded() async throws {
        try await StoreFixture.with { fixture in
            let worker = try await fixture.worker("w")
            let id = try await fixture.created(fixture.sandbox()).id
            let epoch = try await fixture.lease(id, for: worker).record.epoch
            let box = BoxID.now()
            let isIntended = try await fixture.store.intendBox(
                box,
                of: id,
                epoch: epoch,
                provider: "local",
                binding: ("host", "here"),
                deadline: -1,
                actor: "test"
            )
            #expect(isIntended)
            // Too late: the lease is another's, and so is the box.
            let fault = Fault(.unsupported, "no such image")
            #expect(try await !fixture.store.failCreation(id, epoch: epoch + 1, fault: fault, actor: "test"))
            #expect(try await fixture.store.boxes(of: id).map(\.state) == [.intended])
            #expect(try await fixture.store.failCreation(id, epoch: epoch, fault: fault, actor: "test"))
            #expect(try await fixture.store.boxes(of: id).map(\.state) == [.superseded])
            try await fixture.postgres.sql("update sandboxes set reap_after = now() - interval '1 second'")
            #expect(try await fixture.store.claimUnresolved(limit: 9).isEmpty)
            // It may be deleted, and never comes to be used again.
            try await fixture.store.recordBox(box, epoch: epoch, externalID: "b", state: .live, actor: "test")
            #expect(try await fixture.store.boxes(of: id).map(\.state) == [.superseded])
        }
    }

    @Test func eventsArePublishedOnceInOrder() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let worker = try await fixture.worker("w")
            _ = try await fixture.lease(id, for: worker)
            let seen = Recorder()
            #expect(try await fixture.store.relayEvents(limit: 100) { await seen.take($0) } == 2)
            #expect(try await fixture.store.relayEvents(limit: 100) { await seen.take($0) } == 0)
            #expect(await seen.notes == ["sandbox.created/1", "sandbox.acquired/2"])
        }
    }
}
