import FleetTesting
import Model
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

/// Workspaces with accounts of their own, and what is left of the time before.
@Suite struct WorkspaceAccountTests {
    @Test func aBoxStaysInTheAccountThatMadeIt() async throws {
        try await WorkerFixture.with { fixture in
            let old = try await fixture.served()
            fixture.driver.use(account: "guest")
            let new = try await fixture.served()
            let accounts = "select string_agg(account, ' ' order by id) from sandboxes"
            #expect(try await fixture.value(accounts) == "fake guest")
            #expect(try await fixture.value("select string_agg(account, ' ' order by id) from boxes") == "fake guest")
            for sandbox in [old, new] {
                try await fixture.put("kept", in: sandbox)
                _ = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .pause, reason: "test")
                try await fixture.acquire(sandbox)
                #expect(try await fixture.content(of: sandbox) == "kept")
            }
            #expect(try await fixture.value(accounts) == "fake guest")
            #expect(fixture.driver.boxes.count == 2)
            // Nobody reaches it without credentials, and nothing is made in its place.
            fixture.driver.forget(account: "guest")
            let holding = try fixture.holding(new)
            try await fixture.keeper.release(new, epoch: holding.epoch, reason: "test")
            await fixture.keeper.drop(holding)
            let error = await #expect(throws: DriverError.self) { try await fixture.acquire(new) }
            #expect(error?.kind == .unauthorized)
            #expect(fixture.driver.boxes.count == 2)
        }
    }

    @Test func anAttemptInTheOldAccountIsNotRepeatedInTheNewOne() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.sandbox()
            fixture.driver.before { call in if call == .create { throw DriverError(.timeout, "no answer") } }
            await #expect(throws: DriverError.self) { try await fixture.acquire(sandbox) }
            let attempt = try #require(try await fixture.value("select id from boxes"))
            // It was made all the same.
            fixture.driver.change(attempt) { $0.tag = nil }
            fixture.driver.before(nil)
            fixture.driver.use(account: "guest")
            try await fixture.acquire(sandbox)
            #expect(fixture.driver.boxes.values.map(\.account) == ["guest"])
            #expect(try await fixture.box(of: sandbox) != attempt)
            let rows = "select string_agg(account || ' ' || state, ', ' order by epoch) from boxes"
            #expect(try await fixture.value(rows)?.hasSuffix("guest live") == true)
        }
    }

    @Test func theSweepJudgesEachBoxUnderItsOwnAccount() async throws {
        try await WorkerFixture.with { fixture in
            fixture.driver.use(account: "guest")
            let sandbox = try await fixture.served()
            let box = try await fixture.box(of: sandbox)
            let tag = try #require(fixture.driver.boxes[box]?.tag)
            _ = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .delete, reason: nil)
            // A delete that did not reach it; and one of the same name in an account that it was never made in.
            fixture.driver.change(box) { state in
                state.tag = tag
                state.account = "fake"
            }
            var report = try await BoxSweep(keeper: fixture.keeper, request: .with { $0.limit = 50 }).run()
            #expect(report.boxes.map(\.reason) == ["other_binding"])
            fixture.driver.change(box) { $0.account = "guest" }
            fixture.driver.forget(account: "guest")
            report = try await BoxSweep(keeper: fixture.keeper, request: .with { $0.limit = 50 }).run()
            #expect(report.boxes.map(\.deleted) == [false])
            fixture.driver.use(account: "guest")
            report = try await BoxSweep(keeper: fixture.keeper, request: .with { $0.limit = 50 }).run()
            #expect(report.boxes.map(\.deleted) == [true])
            #expect(fixture.driver.boxes.isEmpty)
        }
    }
}
