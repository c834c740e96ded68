import Bus
import FleetTesting
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

/// What a worker does with what it serves once it is told to stop.
@Suite struct HandOverTests {
    /// What is being taken at that moment is handed over too, and nothing is taken after it.
    @Test func whoIsLeavingTakesNothingMore() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.sandbox()
            let (isMaking, mayMake) = (Gate(), Gate())
            fixture.driver.before { call in
                guard call == .create, !isMaking.isOpen else { return }
                isMaking.open()
                await mayMake.wait()
            }
            async let taken: Void = fixture.acquire(sandbox)
            await isMaking.wait()
            async let left: Void = fixture.keeper.handOver(.drain, grace: .seconds(600))
            try await eventually("it takes nothing more") {
                do {
                    try await fixture.acquire(try await fixture.sandbox())
                    return false
                } catch let fault as Fault {
                    return fault.code == .moving
                }
            }
            mayMake.open()
            try await taken
            await left
            #expect(fixture.keeper.holdings[sandbox] == nil)
            #expect(fixture.driver.boxes.values.allSatisfy { !$0.isRunning })
        }
    }

    @Test func withReleaseWhatRunsEndsThenTheLeaseIsFreeAndOnlyThenNobodyListens() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            try await fixture.put("content", in: sandbox)
            let holding = try fixture.holding(sandbox)
            let isReading = Gate()
            let mayEnd = Gate()
            async let read: WireSandboxReply = holding.operations.run(
                "read",
                fingerprint: 1,
                until: nil,
                repeated: .doneAgain,
                manner: .read
            ) {
                isReading.open()
                await mayEnd.wait()
                return .with { $0.epoch = 7 }
            }
            await isReading.wait()
            let handingOver = Task { await fixture.keeper.handOver(.release, grace: .seconds(600)) }
            try await eventually("it takes nothing new") { holding.operations.isClosed }
            // It is still there, says that it is leaving, and has not given the lease back before its work is done.
            await expect(.moving) {
                try await fixture.ask(sandbox, within: .seconds(5)) { $0.statFile = .with { $0.path = "file" } }
            }
            let held = try await fixture.store.sandbox(sandbox, in: fixture.workspace)
            #expect(held?.owner == fixture.keeper.identity.id && held?.leaseState == .warm)
            mayEnd.open()
            #expect(try await read.epoch == 7)
            // Whoever finds nobody listening can acquire at once: the row was released before (rule 6).
            try await eventually("nobody listens") {
                do {
                    try await fixture.ask(sandbox, within: .seconds(5)) { $0.probe = WireProbe() }
                    return false
                } catch let fault as Fault where fault.code == .moving {
                    return false
                } catch {
                    let row = try await fixture.store.sandbox(sandbox, in: fixture.workspace)
                    #expect(row?.owner == nil && row?.leaseState == .cold)
                    return true
                }
            }
            await handingOver.value
            let row = try await fixture.store.sandbox(sandbox, in: fixture.workspace)
            #expect(row?.status == .active && row?.intent == .run)
            #expect(fixture.keeper.holdings.count == 0)
            // The box runs on, with what is in it.
            #expect(fixture.driver.calls == [.create])
            #expect(try await fixture.content(of: sandbox) == "content")
            #expect(
                try await fixture.value(
                    "select payload ->> 'reason' from outbox where kind = 'sandbox.released' and subject_id = $1",
                    sandbox.rawValue
                ) == "shutdown"
            )
        }
    }

    @Test func withDrainTheFilesAreSavedAndTheBoxIsStopped() async throws {
        try await WorkerFixture.with { fixture in
            let sandboxes = [try await fixture.served(), try await fixture.served()]
            await fixture.keeper.handOver(.drain, grace: .seconds(600))
            for sandbox in sandboxes {
                let row = try await fixture.store.sandbox(sandbox, in: fixture.workspace)
                #expect(row?.status == .paused && row?.owner == nil)
                #expect(fixture.driver.boxes[try await fixture.box(of: sandbox)]?.isRunning == false)
            }
            #expect(try await fixture.value("select count(*) from archives where state = 'current'") == "2")
            #expect(fixture.keeper.holdings.count == 0)
        }
    }

    @Test func whatOutlastsTheGraceIsCutOff() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            let holding = try fixture.holding(sandbox)
            let isReading = Gate()
            let operations = holding.operations
            let read = Task {
                try await operations.run("read", fingerprint: 1, until: nil, repeated: .doneAgain, manner: .read) {
                    isReading.open()
                    try await Task.sleep(for: .seconds(600))
                    return WireSandboxReply()
                }
            }
            await isReading.wait()
            await fixture.keeper.handOver(.release, grace: .milliseconds(50))
            let fault = await #expect(throws: Fault.self) { _ = try await read.value }
            // Whoever asked asks again, of the next owner.
            #expect([.moving, .draining].contains(fault?.code))
            #expect(try await fixture.store.sandbox(sandbox, in: fixture.workspace)?.owner == nil)
        }
    }
}
