import Bus
import FleetTesting
import Model
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Reaper

struct EndingBoxesTests {
    @Test func theOwnerOfABoxThatEndsSoonIsAskedWhetherToDrain() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            try await fixture.store.recordBox(
                served.box,
                epoch: served.epoch,
                externalID: nil,
                state: .live,
                lifetime: 3600,
                actor: "test"
            )
            let duty = EndingBoxes(caller: fixture.caller, store: fixture.store)
            #expect(try await duty.pass() == .idle)
            try await fixture.postgres.sql("update boxes set drain_at = now() - interval '1 second'")
            let answer: @Sendable (WireSandboxRequest) -> WireSandboxReply = { _ in .with { $0.epoch = 1 } }
            try await FakeWorker(bus: fixture.workerBus)
                .serving(Subject.sandbox(fixture.workspace, served.id), answer) { asked async throws in
                    #expect(try await duty.pass() == DutyPass(found: 1))
                    #expect(asked.all.map(\.settle.onlyIfDue) == [true])
                }
            #expect(try await duty.pass() == .idle)
        }
    }
}
