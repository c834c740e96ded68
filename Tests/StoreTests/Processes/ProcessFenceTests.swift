import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct ProcessFenceTests {
    @Test func aSupersededOwnerChangesNothing() async throws {
        try await StoreFixture.with { fixture in
            let old = try await fixture.served()
            let store = fixture.store
            var process = fixture.command("sleep")
            process.operation = "op"
            let id = try await fixture.started(process, in: old).id
            let new = try await fixture.taken(old)
            #expect(new.epoch == old.epoch + 1)

            guard case .leaseLost = try await fixture.start(fixture.command("true"), in: old) else {
                Issue.record("a superseded owner started a process")
                return
            }
            // Not even the process that it started itself is its any more.
            guard case .leaseLost = try await fixture.start(process, in: old) else {
                Issue.record("a superseded owner was given a process")
                return
            }
            #expect(try await fixture.end(id, of: old, as: ProcessEnd(.exited, exitCode: 0)) == nil)
            #expect(try await !store.processStarted(id, epoch: old.epoch, externalID: "1"))
            #expect(try await !store.setOutputState(id, epoch: old.epoch, to: .stalled))
            #expect(try await store.runningProcesses(of: old.sandbox, epoch: old.epoch).isEmpty)

            // The new owner has it, before it serves and afterwards.
            #expect(try await store.runningProcesses(of: new.sandbox, epoch: new.epoch).map(\.id) == [id])
            #expect(try await store.processStarted(id, epoch: new.epoch, externalID: "1"))
            let ended = try await fixture.end(id, of: new, as: ProcessEnd(.exited, exitCode: 0))
            #expect(ended?.status == .exited && ended?.epoch == new.epoch && ended?.externalID == "1")
        }
    }

    @Test func onlyWhatIsServedTakesProcesses() async throws {
        try await StoreFixture.with { fixture in
            let id = try await fixture.created(fixture.sandbox()).id
            let worker = try await fixture.worker("w")
            let epoch = try await fixture.lease(id, for: worker).record.epoch
            let box = try await fixture.box(of: id, epoch: epoch)
            let warming = StoreFixture.Served(sandbox: id, worker: worker, epoch: epoch, box: box)
            guard case .leaseLost = try await fixture.start(fixture.command("true"), in: warming) else {
                Issue.record("a process was started while the box is being made")
                return
            }
            _ = try await fixture.warm(id, epoch: epoch)
            try await fixture.started(fixture.command("true"), in: warming)
            #expect(try await fixture.store.release(id, epoch: epoch, actor: "x", reason: "x"))
            guard case .leaseLost = try await fixture.start(fixture.command("true"), in: warming) else {
                Issue.record("a process was started without an owner")
                return
            }
        }
    }

    @Test func whatHasEndedStaysWithItsEpoch() async throws {
        try await StoreFixture.with { fixture in
            let old = try await fixture.served()
            let id = try await fixture.started(fixture.command("true"), in: old).id
            let ended = try await fixture.end(id, of: old, as: ProcessEnd(.exited, exitCode: 0))
            _ = try await fixture.taken(old)
            #expect(try await fixture.store.process(id, in: fixture.workspace) == ended)
        }
    }

    @Test(arguments: [
        // A lease that is over, and one that is not the row's to choose.
        "update processes set epoch = 0", "update processes set epoch = null",
        // Ends that no wait status gives.
        "update processes set status = 'exited', exited_at = now()",
        "update processes set status = 'exited', exit_code = 0", "update processes set exit_code = 0",
        "update processes set status = 'killed', exited_at = now()",
        "update processes set status = 'lost', exited_at = now()",
        "update processes set status = 'failed', exited_at = now()",
        "update processes set status = 'killed', reason = 'timeout', exit_code = 1, exited_at = now()",
        "update processes set status = 'exited', exit_code = 0, signal = 'TERM', exited_at = now()",
        "update processes set reason = 'timeout'", "update processes set exited_at = now()",
        "update processes set status = 'done', exited_at = now()", "update processes set observed = true",
        "update processes set box_id = null", "update processes set box_id = 'none'",
        "update processes set sandbox_id = 'none'", "update processes set output_state = 'gone'",
        "update processes set stdout_bytes = -1",
        """
        insert into processes (
            id, sandbox_id, workspace_id, kind, mode, observed, status, command, reason, exited_at
        ) select 'x', sandbox_id, workspace_id, kind, mode, true, 'lost', 'x', 'x', now() from processes
        """,
    ])
    func theTableRefusesWhatTheStateMachineDoesNotKnow(_ statement: String) async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.started(fixture.command("true"), in: served).id
            await #expect(throws: PostgresError.self) { _ = try await fixture.pool.query(statement) }
            #expect(try await fixture.store.process(id, in: fixture.workspace)?.isRunning == true)
        }
    }

    @Test(arguments: [
        "update processes set status = 'running', exit_code = null, exited_at = null",
        "update processes set status = 'lost', exit_code = null, reason = 'box_gone'",
        "update processes set exit_code = 1", "update processes set exited_at = now() + interval '1 second'",
        "update processes set epoch = epoch + 1",
    ])
    func theTableRefusesToChangeAnEnd(_ statement: String) async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.started(fixture.command("true"), in: served).id
            let ended = try await fixture.end(id, of: served, as: ProcessEnd(.exited, exitCode: 0))
            await #expect(throws: PostgresError.self) { _ = try await fixture.pool.query(statement) }
            #expect(try await fixture.store.process(id, in: fixture.workspace) == ended)
        }
    }
}
