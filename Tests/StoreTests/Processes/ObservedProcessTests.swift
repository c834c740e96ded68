import FleetTesting
import Foundation
import Model
import ServiceHost
import Store
import Testing

struct ObservedProcessTests {
    @Test func itsCallerGivesItsBeginningAndItsEnd() async throws {
        try await StoreFixture.with { fixture in
            let sandbox = try await fixture.created(fixture.sandbox()).id
            let started = Date(timeIntervalSince1970: 1_700_000_000)
            var process = fixture.command("make")
            process.operation = "op"
            let record = try await fixture.observed(process, in: sandbox, startedAt: started)
            #expect(record.isObserved && record.epoch == nil && record.box == nil && record.provider == nil)
            #expect(record.startedAt == started)
            #expect(try await fixture.store.process(record.id, in: fixture.workspace) == record)
            guard
                case .existing(let same) = try await fixture.store.observeProcess(
                    process,
                    in: sandbox,
                    workspace: fixture.workspace,
                    startedAt: nil
                )
            else {
                Issue.record("the operation made another process")
                return
            }
            #expect(same == record)
            // It belongs to no lease: no owner has it, and an acquisition leaves it alone.
            let worker = try await fixture.worker("w")
            let epoch = try await fixture.lease(sandbox, for: worker).record.epoch
            #expect(try await fixture.store.runningProcesses(of: sandbox, epoch: epoch).isEmpty)
            #expect(try await fixture.store.process(record.id, in: fixture.workspace) == record)

            func end(_ end: ProcessEnd, in workspace: WorkspaceID) async throws -> ProcessRecord? {
                try await fixture.store.endObserved(
                    record.id,
                    in: workspace,
                    as: end,
                    output: OutputTotals(stdoutBytes: 3, chunkCount: 2),
                    exitedAt: started.addingTimeInterval(5),
                    actor: "key/x"
                )
            }
            let lost = ProcessEnd(.lost, reason: "its own word")
            #expect(try await end(lost, in: .now()) == nil)
            let ended = try await end(lost, in: fixture.workspace)
            #expect(ended?.status == .lost && ended?.reason == "its own word" && ended?.stdoutBytes == 3)
            #expect(ended?.exitedAt == started.addingTimeInterval(5))
            #expect(try await end(ProcessEnd(.exited, exitCode: 0), in: fixture.workspace) == ended)
        }
    }

    @Test func anOwnersProcessIsNotEndedAsAnObservedOne() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.started(fixture.command("true"), in: served).id
            let ended = try await fixture.store.endObserved(
                id,
                in: fixture.workspace,
                as: ProcessEnd(.exited, exitCode: 0),
                output: OutputTotals(),
                exitedAt: nil,
                actor: "x"
            )
            #expect(ended == nil)
            #expect(try await fixture.store.process(id, in: fixture.workspace)?.isRunning == true)
        }
    }

    @Test func nothingIsObservedInWhatIsNotThere() async throws {
        try await StoreFixture.with { fixture in
            let sandbox = try await fixture.created(fixture.sandbox()).id
            for (id, workspace) in [(SandboxID.now(), fixture.workspace), (sandbox, WorkspaceID.now())] {
                let outcome = try await fixture.store.observeProcess(
                    fixture.command("make"),
                    in: id,
                    workspace: workspace,
                    startedAt: nil
                )
                #expect(outcome == nil)
            }
            #expect(try await fixture.count("processes") == 0)
        }
    }

    @Test func aCreationThatIsTakenBackTakesWhatWasObservedInIt() async throws {
        try await StoreFixture.with { fixture in
            let sandbox = try await fixture.created(fixture.sandbox()).id
            _ = try await fixture.observed(fixture.command("make"), in: sandbox)
            #expect(try await fixture.store.abandonCreation(sandbox))
            #expect(try await fixture.count("processes") == 0)
        }
    }
}
