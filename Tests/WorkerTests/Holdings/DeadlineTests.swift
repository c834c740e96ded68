import FleetTesting
import Model
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

@Suite struct DeadlineTests {
    @Test func theMarginIsFiveMinutesOrATenth() {
        #expect(LeaseKeeper.deadlineMargin(ofLifetime: 24 * 3_600) == 300)
        #expect(LeaseKeeper.deadlineMargin(ofLifetime: 60) == 6)
        #expect(LeaseKeeper.deadlineMargin(ofLifetime: nil) == 300)
    }

    @Test func aBoxNearItsEndIsDrainedAndComesBackWhenSomethingRan() async throws {
        try await WorkerFixture.with(FakeDriver(lifetime: 3_600)) { fixture in
            let sandbox = try await fixture.served()
            let first = try fixture.holding(sandbox)
            try await fixture.ask(sandbox) { $0.settle = .with { $0.onlyIfDue = true } }
            #expect(fixture.keeper.holdings[sandbox] === first)

            try await fixture.sql("update boxes set ends_at = now() + interval '4 minutes'")
            first.operations.hold()
            try await fixture.ask(sandbox) { $0.settle = .with { $0.onlyIfDue = true } }
            let second = try fixture.holding(sandbox)
            #expect(second.epoch > first.epoch)
            #expect(
                try await fixture.value(
                    "select count(*) from outbox where kind = 'sandbox.paused' and payload ->> 'reason' = 'box_deadline'"
                ) == "1"
            )
            // The box was started again, so its life has begun anew.
            #expect(try await fixture.value("select min(ends_at) > now() + interval '50 minutes' from boxes") == "true")

            try await fixture.sql("update boxes set ends_at = now() + interval '4 minutes'")
            try await fixture.ask(sandbox) { $0.settle = .with { $0.onlyIfDue = true } }
            #expect(fixture.keeper.holdings[sandbox] == nil)
            #expect(try await fixture.store.sandbox(sandbox, in: fixture.workspace)?.status == .paused)
        }
    }

    @Test func anEndThatTheProviderTellsCounts() async throws {
        try await WorkerFixture.with(FakeDriver(lifetime: 3_600)) { fixture in
            let sandbox = try await fixture.served()
            let first = try fixture.holding(sandbox)
            fixture.driver.change(try await fixture.box(of: sandbox)) { $0.endsAt = .now + .seconds(600) }
            try await fixture.sql("update boxes set ends_at = now() + interval '4 minutes'")
            first.operations.hold()
            try await fixture.ask(sandbox) { $0.settle = .with { $0.onlyIfDue = true } }
            #expect(try fixture.holding(sandbox).epoch > first.epoch)
            // Started anew, in a session that has begun long before.
            let isNear = "select min(ends_at) between now() + interval '9 minutes' and now() + interval '11 minutes' from boxes"
            #expect(try await fixture.value(isNear) == "true")
        }
    }

    @Test func aBoxThatWasFoundAgainKeepsItsEndUnlessTheProviderTellsOne() {
        let driver = FakeDriver(lifetime: 3_600)
        driver.change("box") { _ in }
        #expect(FakeBox(driver: driver, name: "box", isFresh: true).lifetime(under: driver.descriptor) == 3_600)
        let found = FakeBox(driver: driver, name: "box", isFresh: false)
        #expect(found.lifetime(under: driver.descriptor) == nil)
        let now = ContinuousClock.now
        driver.change("box") { $0.endsAt = now + .seconds(70) }
        #expect(found.lifetime(under: driver.descriptor, now: now) == 70)
        #expect(found.lifetime(under: driver.descriptor, now: now + .seconds(90)) == 0)
    }
}
