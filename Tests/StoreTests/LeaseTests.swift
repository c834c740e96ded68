import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct LeaseTests {
    @Test func oneOfManyWinsAndTheEpochGrows() async throws {
        try await StoreFixture.with { fixture in
            let record = try await fixture.created(fixture.sandbox())
            #expect(record.epoch == 0 && record.owner == nil && record.leaseState == .cold)
            var workers: [WorkerID] = []
            for index in 0..<8 { workers.append(try await fixture.worker("w\(index)")) }
            let wins = try await withThrowingTaskGroup(of: UInt64?.self) { group in
                for worker in workers {
                    group.addTask {
                        guard case .acquired(let leased) = try await fixture.acquire(record.id, for: worker) else {
                            return nil
                        }
                        return leased.record.epoch
                    }
                }
                return try await group.reduce(into: [UInt64]()) { if let epoch = $1 { $0.append(epoch) } }
            }
            #expect(wins == [1])
        }
    }

    /// Who had to wait for another's acquisition is told whose it is, not what was before.
    @Test func whoComesSecondIsToldTheOwner() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let first = try await fixture.worker("first")
            let second = try await fixture.worker("second")
            let connection = try await PostgresConnection.open(.init(connectionString: fixture.postgres.url))
            try await connection.executeScript("begin")
            _ = try await connection.query(
                "update sandboxes set owner = $2, epoch = epoch + 1, lease_state = 'warming' where id = $1",
                [id.rawValue, first.rawValue]
            )
            async let acquisition = fixture.acquire(id, for: second)
            try await fixture.waitForALock()
            try await connection.executeScript("commit")
            guard case .owned(first, 1) = try await acquisition else {
                Issue.record("\(try await acquisition)")
                return
            }
            await connection.close()
        }
    }

    @Test func aSupersededOwnerChangesNothing() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let first = try await fixture.worker("first")
            let second = try await fixture.worker("second")
            let old = try await fixture.lease(id, for: first).record.epoch
            #expect(try await fixture.warm(id, epoch: old) != nil)
            try await fixture.expireHeartbeat(of: first)
            let new = try await fixture.lease(id, for: second).record.epoch
            #expect(new == old + 1)

            let store = fixture.store
            #expect(try await fixture.warm(id, epoch: old) == nil)
            #expect(try await !store.holds(id, epoch: old))
            #expect(try await store.leased(id, epoch: old) == nil)
            #expect(try await !store.release(id, epoch: old, actor: "x", reason: "x"))
            #expect(try await store.beginDraining(id, epoch: old, intent: .stop, reason: nil, actor: "x") == nil)
            #expect(try await !store.settle(id, epoch: old, as: .delete, keepsBox: false, actor: "x"))
            #expect(try await !store.setIdle(id, epoch: old, inMilliseconds: 1))
            let intended = try await store.intendBox(
                .now(),
                of: id,
                epoch: old,
                provider: "local",
                binding: ("host", "here"),
                deadline: 10,
                actor: "test"
            )
            #expect(!intended)
            let now = try #require(try await store.sandbox(id, in: fixture.workspace))
            #expect(now.epoch == new && now.owner == second && now.leaseState == .warming)
        }
    }

    @Test func whoWasLateItselfMayNotJudge() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let owner = try await fixture.worker("owner")
            _ = try await fixture.lease(id, for: owner)
            try await fixture.expireHeartbeat(of: owner)
            let unsteady = try await fixture.worker("unsteady", steady: false)
            guard case .owned(let by, _) = try await fixture.acquire(id, for: unsteady) else {
                Issue.record("a worker without a steady heartbeat took a lease (rule 2)")
                return
            }
            #expect(by == owner)
            let steady = try await fixture.worker("steady")
            #expect(try await fixture.lease(id, for: steady).record.epoch == 2)
        }
    }

    @Test func whoIsNotLiveTakesNothing() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let worker = try await fixture.worker("w")
            try await fixture.expireHeartbeat(of: worker)
            guard case .notLive = try await fixture.acquire(id, for: worker) else {
                Issue.record("a worker without a valid heartbeat took a lease")
                return
            }
            // Renewing late makes it live again, and unsteady.
            #expect(try await fixture.store.heartbeat(worker) != nil)
            let steady = try await fixture.postgres.sql("select steady_since > now() - interval '5 seconds' from workers")
            #expect(steady.hasPrefix("t"))
        }
    }

    @Test func twoWitnessesFenceForGood() async throws {
        try await StoreFixture.with { fixture in
            let worker = try await fixture.worker("w", lockKey: 77)
            let lock = try await AdvisoryLock.acquire(77, PostgresConfiguration(connectionString: fixture.postgres.url))
            #expect(try await !fixture.store.fenceIfLockFree(worker))
            #expect(try await fixture.store.heartbeat(worker) != nil)
            await lock.release()
            #expect(try await fixture.store.fenceIfLockFree(worker))
            #expect(try await fixture.store.heartbeat(worker) == nil)
        }
    }

    @Test func aBoxOfAnotherHostIsNotTaken() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let worker = try await fixture.worker("w")
            let epoch = try await fixture.lease(id, for: worker).record.epoch
            #expect(try await fixture.store.release(id, epoch: epoch, actor: "x", reason: "x"))
            guard case .elsewhere(let placement) = try await fixture.acquire(id, for: worker, placement: "there") else {
                Issue.record("taken from another host")
                return
            }
            #expect(placement == "here")
        }
    }

    @Test func deleteIsFinalAndEveryStepIsAnEvent() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let id = try await fixture.created(fixture.sandbox()).id
            let worker = try await fixture.worker("w")
            let epoch = try await fixture.lease(id, for: worker).record.epoch
            _ = try await fixture.warm(id, epoch: epoch)
            _ = try await store.intend(.delete, for: id, in: fixture.workspace, actor: "user")
            let after = try await store.intend(.run, for: id, in: fixture.workspace, actor: "user")
            #expect(after?.intent == .delete)
            _ = try await store.beginDraining(id, epoch: epoch, intent: .delete, reason: nil, actor: "w")
            #expect(try await store.settle(id, epoch: epoch, as: .delete, keepsBox: false, actor: "w"))
            #expect(try await store.sandbox(id, in: fixture.workspace) == nil)
            guard case .notFound = try await fixture.acquire(id, for: worker) else {
                Issue.record("a deleted sandbox was acquired")
                return
            }
            let kinds = try await fixture.postgres.sql("select string_agg(kind, ' ' order by version) from outbox")
            #expect(
                kinds.hasPrefix(
                    "sandbox.created sandbox.acquired sandbox.active sandbox.delete_asked sandbox.run_asked "
                        + "sandbox.draining sandbox.deleted"
                )
            )
        }
    }

    @Test(arguments: [
        "update sandboxes set epoch = -1", "update sandboxes set lease_state = 'warm'",
        "update sandboxes set status = 'lost'", "update sandboxes set lease_state = 'terminated'",
        "update sandboxes set status = 'active'", "update sandboxes set owner = 'nobody'",
    ])
    func theTableRefusesWhatTheStateMachineDoesNotKnow(_ statement: String) async throws {
        try await StoreFixture.with { fixture in
            _ = try await fixture.created(fixture.sandbox())
            await #expect(throws: PostgresError.self) { _ = try await fixture.pool.query(statement) }
        }
    }
}
