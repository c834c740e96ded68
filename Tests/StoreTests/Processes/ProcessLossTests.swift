import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

/// With a box ends what ran in it; nobody is left running for ever.
struct ProcessLossTests {
    @Test(arguments: [
        (Intent.pause, "sandbox_paused"), (.stop, "sandbox_stopped"), (.delete, "sandbox_deleted"),
    ])
    func aSettledSandboxHasNoRunningProcess(_ intent: Intent, _ reason: String) async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let other = try await fixture.served()
            let running = try await fixture.started(fixture.command("sleep"), in: served)
            let observed = try await fixture.observed(fixture.command("make"), in: served.sandbox)
            let ended = try await fixture.started(fixture.command("true"), in: served)
            let kept = try await fixture.end(ended.id, of: served, as: ProcessEnd(.exited, exitCode: 0))
            let elsewhere = try await fixture.started(fixture.command("sleep"), in: other)
            #expect(
                try await fixture.store.beginDraining(
                    served.sandbox,
                    epoch: served.epoch,
                    intent: intent,
                    reason: nil,
                    actor: "w"
                ) != nil
            )
            // While it drains its owner still ends them itself, when it can.
            #expect(try await fixture.store.process(running.id, in: fixture.workspace)?.isRunning == true)
            #expect(
                try await fixture.store.settle(
                    served.sandbox,
                    epoch: served.epoch,
                    as: intent,
                    keepsBox: intent != .delete,
                    actor: "worker/w"
                )
            )
            for id in [running.id, observed.id] {
                let row = try #require(try await fixture.store.process(id, in: fixture.workspace))
                #expect(row.status == .lost && row.reason == reason && row.exitedAt != nil && row.exitCode == nil)
            }
            #expect(try await fixture.store.process(ended.id, in: fixture.workspace) == kept)
            #expect(try await fixture.store.process(elsewhere.id, in: fixture.workspace) == elsewhere)
            #expect(try await fixture.count("outbox where kind = 'process.lost' and actor = 'worker/w'") == 2)
            // An end that comes too late finds the row as it is.
            let late = try await fixture.end(running.id, of: served, as: ProcessEnd(.exited, exitCode: 0))
            #expect(late?.status == .lost)
        }
    }

    @Test func processesGoOnWhenOnlyTheOwnerGoes() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.started(fixture.command("sleep"), in: served).id
            #expect(try await fixture.store.release(served.sandbox, epoch: served.epoch, actor: "w", reason: "x"))
            let next = try await fixture.taken(served)
            #expect(try await fixture.store.runningProcesses(of: next.sandbox, epoch: next.epoch).map(\.id) == [id])
        }
    }

    @Test func aDeleteWithoutAnOwnerEndsWhatIsObserved() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let observed = try await fixture.observed(fixture.command("make"), in: id)
            _ = try await fixture.store.intend(.delete, for: id, in: fixture.workspace, actor: "user")
            #expect(try await fixture.store.settleWithoutBox(id, actor: "reaper"))
            let row = try await fixture.store.process(observed.id, in: fixture.workspace)
            #expect(row?.status == .lost && row?.reason == "sandbox_deleted")
            // Nothing is observed in what is deleted.
            let after = try await fixture.store.observeProcess(
                fixture.command("make"),
                in: id,
                workspace: fixture.workspace,
                startedAt: nil
            )
            #expect(after == nil)
        }
    }

    @Test func whatRunsUnattendedIsFound() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let busy = try await fixture.served()
            try await fixture.started(fixture.command("sleep"), in: busy)
            let idle = try await fixture.served()
            _ = try await fixture.observed(fixture.command("make"), in: idle.sandbox)
            let done = try await fixture.started(fixture.command("true"), in: idle)
            _ = try await fixture.end(done.id, of: idle, as: ProcessEnd(.exited, exitCode: 0))
            #expect(try await store.claimUnattended(limit: 9).isEmpty)
            for served in [busy, idle] {
                #expect(try await store.release(served.sandbox, epoch: served.epoch, actor: "w", reason: "x"))
            }
            let due = try await store.claimUnattended(limit: 9)
            #expect(due.map(\.id) == [busy.sandbox])
            #expect(due.first?.placement == "here" && due.first?.workspace == fixture.workspace)
            // It is not asked about all the time.
            #expect(try await store.claimUnattended(limit: 9).isEmpty)
            try await store.lookAgain(at: busy.sandbox, inSeconds: -1)
            #expect(try await store.claimUnattended(limit: 9).map(\.id) == [busy.sandbox])
            try await store.lookAgain(at: busy.sandbox, inSeconds: -1)
            _ = try await fixture.taken(busy)
            #expect(try await store.claimUnattended(limit: 9).isEmpty)
        }
    }
}
