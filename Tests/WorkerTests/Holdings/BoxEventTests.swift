import Model
import PostgresClient
import ProviderKit
import ServiceHost
import Store
import Testing

@testable import Worker

@Suite struct BoxEventTests {
    /// Every event of a box says why, in the order of its sandbox's life.
    @Test func everyBoxEventHasItsReason() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            try await fixture.drain(sandbox, because: "idle")
            try await fixture.acquire(sandbox)
            try await fixture.drain(sandbox, because: "shutdown")
            try await fixture.acquire(sandbox)
            #expect(
                try await fixture.boxEvents(of: sandbox) == [
                    "intended created", "live created", "stopped idle", "live resumed", "stopped shutdown",
                    "live resumed",
                ]
            )
            // Gone at the provider: another is made of what the last drain saved.
            try await fixture.drain(sandbox, because: "idle")
            fixture.driver.lose(try await fixture.box(of: sandbox))
            try await fixture.acquire(sandbox)
            #expect(
                try await fixture.boxEvents(of: sandbox).suffix(4) == [
                    "stopped idle", "deleted gone", "intended restored", "live restored",
                ]
            )
            // Handed over while it runs.
            let holding = try fixture.holding(sandbox)
            await fixture.keeper.drop(holding)
            try await fixture.keeper.release(sandbox, epoch: holding.epoch, reason: "shutdown")
            try await fixture.acquire(sandbox)
            #expect(try await fixture.boxEvents(of: sandbox).last == "live taken_over")
            // The user's own stop.
            let store = fixture.store
            _ = try await store.intend(.stop, for: sandbox, in: fixture.workspace, reason: "api", actor: "key/1")
            try await fixture.keeper.settle(try fixture.holding(sandbox), onlyIfDue: false)
            #expect(try await fixture.boxEvents(of: sandbox).last == "stopped api")
            // Deleted with its sandbox: that is told before the sandbox's own end.
            _ = try await store.intend(.delete, for: sandbox, in: fixture.workspace, reason: "api", actor: "key/1")
            _ = try await fixture.keeper.acquire(sandbox, in: fixture.workspace)
            #expect(try await fixture.boxEvents(of: sandbox).last == "deleted api")
            let last = "select kind from outbox where sandbox_id = $1 order by id desc limit 1"
            #expect(try await fixture.value(last, sandbox.rawValue) == "sandbox.deleted")
        }
    }

    @Test func aFailedStartAndAnAttemptOfALostLeaseSayWhatTheyWere() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.sandbox()
            fixture.driver.before { call in if call == .create { throw DriverError(.invalid, "no such image") } }
            await #expect(throws: (any Error).self) { try await fixture.acquire(sandbox) }
            #expect(try await fixture.boxEvents(of: sandbox) == ["intended created", "deleted failed_start"])
            // Somebody was at it, and lost the lease before the box was served.
            fixture.driver.before(nil)
            let other = try await fixture.served()
            let holding = try fixture.holding(other)
            let lost = BoxID.now()
            _ = try await fixture.store.intendBox(
                lost,
                of: other,
                epoch: holding.epoch,
                provider: "fake",
                binding: ("fake", "here"),
                deadline: 30,
                reason: .replaced,
                actor: "test"
            )
            try await fixture.store.recordBox(
                lost,
                epoch: holding.epoch,
                externalID: lost.rawValue,
                state: .live,
                actor: "test"
            )
            await fixture.keeper.drop(holding)
            try await fixture.keeper.release(other, epoch: holding.epoch, reason: "shutdown")
            try await fixture.acquire(other)
            #expect(
                try await fixture.boxEvents(of: other, lost) == [
                    "intended replaced", "live replaced", "superseded lease_lost", "deleted lease_lost",
                ]
            )
        }
    }
}

extension WorkerFixture {
    fileprivate func drain(_ sandbox: SandboxID, because reason: String) async throws {
        _ = try await keeper.drain(try holding(sandbox), intent: .pause, reason: reason)
    }

    /// What became of its boxes and why, in order.
    fileprivate func boxEvents(of sandbox: SandboxID, _ box: BoxID? = nil) async throws -> [String] {
        try await pool.query(
            """
            select substr(kind, 5) || ' ' || coalesce(payload ->> 'reason', 'without') as told from outbox
            where sandbox_id = $1 and kind like 'box.%' and subject_id = coalesce($2, subject_id) order by id
            """,
            [sandbox.rawValue, box?.rawValue]
        )
        .map { try $0.get("told", as: String.self) }
    }
}
