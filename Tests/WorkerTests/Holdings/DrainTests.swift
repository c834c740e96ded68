import FleetTesting
import Model
import NIOConcurrencyHelpers
import Ownership
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

@Suite struct DrainTests {
    @Test func whatIsSavedIsPublishedBeforeTheBoxEnds() async throws {
        try await WorkerFixture.with(FakeDriver(captures: .running)) { fixture in
            let sandbox = try await fixture.served()
            let published = NIOLockedValueBox<[String?]>([])
            fixture.driver.before { call in
                guard call == .stop else { return }
                let state = try await fixture.value("select state from archives")
                published.withLockedValue { $0.append(state) }
            }
            let done = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .pause, reason: "test")
            #expect(done == .pause)
            #expect(fixture.driver.calls == [.create, .capture, .stop])
            #expect(published.withLockedValue { $0 } == ["current"])
            #expect(try await fixture.store.sandbox(sandbox, in: fixture.workspace)?.status == .paused)
            #expect(fixture.keeper.holdings[sandbox] == nil)
        }
    }

    @Test(arguments: [FakeDriver.Call.capture, .stop, .delete])
    func aSupersededOwnerGoesNoFurther(_ step: FakeDriver.Call) async throws {
        try await WorkerFixture.with(FakeDriver(captures: .running)) { fixture in
            let sandbox = try await fixture.served()
            let holding = try fixture.holding(sandbox)
            fixture.driver.before { call in if call == step { try await fixture.supersede(sandbox) } }
            let intent: Intent = step == .delete ? .delete : .pause
            await expect(.leaseLost) {
                _ = try await fixture.keeper.drain(holding, intent: intent, reason: "test")
            }
            // The call that was on its way is the last one.
            #expect(fixture.driver.calls.last == step)
            #expect(holding.isDropped)
            #expect(fixture.keeper.holdings[sandbox] == nil)
            let record = try await fixture.store.sandbox(sandbox, in: fixture.workspace)
            #expect(record?.owner != fixture.keeper.identity.id)
            #expect(record?.leaseState == .warming)
            if step == .capture {
                #expect(try await fixture.value("select state from archives") == "candidate")
            }
        }
    }

    @Test func aFrozenWorkerChangesNothing() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            let holding = try fixture.holding(sandbox)
            fixture.freeze()
            await #expect(throws: (any Error).self) {
                _ = try await fixture.keeper.drain(holding, intent: .pause, reason: "test")
            }
            #expect(fixture.driver.calls == [.create])
            // Nor does it answer in anybody's place.
            await #expect(throws: Fault.self) {
                try await fixture.ask(sandbox, within: .seconds(1)) { $0.statFile = .with { $0.path = "file" } }
            }
        }
    }

    @Test func readsEndInOrderAndChangesAreCutOff() async throws {
        let table = OperationTable()
        let read = Gate()
        let answer = Task {
            try await table.run("read", fingerprint: 1, until: nil, repeated: .doneAgain, manner: .read) {
                await read.wait()
                return WireSandboxReply()
            }
        }
        let change = Task {
            try await table.run("change", fingerprint: 1, until: nil, repeated: .answered) {
                try await Task.sleep(for: .seconds(600))
                return WireSandboxReply()
            }
        }
        try await eventually("both run") { table.activity.running == 2 }
        #expect(table.close())
        let drained = Task {
            await table.drain(within: .init(reads: .seconds(600), changes: .zero), telling: .draining)
        }
        await expect(.draining) { _ = try await change.value }
        await expect(.moving) {
            _ = try await table.run("late", fingerprint: 1, until: nil, repeated: .answered) { WireSandboxReply() }
        }
        read.open()
        _ = try await answer.value
        await drained.value
        #expect(table.activity.running == 0)
    }
}

/// Something to wait for.
final class Gate: Sendable {
    private let state = NIOLockedValueBox<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    var isOpen: Bool { state.withLockedValue(\.isOpen) }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLockedValue { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiters = state.withLockedValue { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
