import FleetTesting
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

@Suite struct BoxSweepTests {
    @Test func onlyWhatIsProvenToBeNobodysIsDeleted() async throws {
        try await WorkerFixture.with { fixture in
            let served = try await fixture.served()
            let live = try await fixture.box(of: served)
            let deleted = try await fixture.served()
            let orphan = try await fixture.box(of: deleted)
            let tag = try #require(fixture.driver.boxes[orphan]?.tag)
            _ = try await fixture.keeper.drain(try fixture.holding(deleted), intent: .delete, reason: nil)
            // A delete that did not reach it; an unknown box; one of another fleet; one without a row.
            fixture.driver.change(orphan) { $0.tag = tag }
            fixture.driver.change("untagged") { $0.tag = nil }
            fixture.driver.change("foreign") {
                $0.tag = BoxTag(fleet: .now(), sandbox: tag.sandbox, box: tag.box, epoch: 1)
            }
            fixture.driver.change("rowless") {
                $0.tag = BoxTag(fleet: fixture.keeper.identity.fleet, sandbox: .now(), box: .now(), epoch: 1)
            }

            let dry = try await sweep(fixture, dryRun: true)
            #expect(dry[orphan]?.verdict == .delete)
            #expect(dry[orphan]?.reason == "sandbox_terminated")
            #expect(dry[live]?.verdict == .keep)
            for box in ["untagged", "foreign", "rowless"] { #expect(dry[box]?.verdict == .report) }
            #expect(dry.values.allSatisfy { !$0.deleted })
            #expect(fixture.driver.boxes.count == 5)

            let wet = try await sweep(fixture)
            #expect(wet.values.filter(\.deleted).map(\.externalID) == [orphan])
            #expect(Set(fixture.driver.boxes.keys) == [live, "untagged", "foreign", "rowless"])
            #expect(
                try await fixture.value(
                    "select payload ->> 'reason' from outbox where subject_id = $1 order by id desc limit 1",
                    tag.box.rawValue
                ) == "sandbox_terminated"
            )
        }
    }

    @Test func anOrphanIsDeletedByTheNameThatItsProviderHasForIt() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            let box = try await fixture.box(of: sandbox)
            let tag = try #require(fixture.driver.boxes[box]?.tag)
            _ = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .delete, reason: nil)
            fixture.driver.change("i-0123456789") { $0.tag = tag }
            #expect(try await sweep(fixture)["i-0123456789"]?.deleted == true)
            #expect(fixture.driver.boxes.isEmpty)
        }
    }

    @Test func aSupersededBoxNeedsTheLeaseOfItsSandbox() async throws {
        try await WorkerFixture.with { fixture in
            // Paused, so that nobody has its lease; a box of an earlier attempt is left over.
            let sandbox = try await fixture.served()
            let first = try await fixture.box(of: sandbox)
            let tag = try #require(fixture.driver.boxes[first]?.tag)
            fixture.driver.lose(first)
            let holding = try fixture.holding(sandbox)
            try await fixture.keeper.release(sandbox, epoch: holding.epoch, reason: "test")
            await fixture.keeper.drop(holding)
            try await fixture.acquire(sandbox)
            let second = try await fixture.box(of: sandbox)
            fixture.driver.change(first) { $0.tag = tag }
            let serving = try fixture.holding(sandbox)
            try await fixture.keeper.release(sandbox, epoch: serving.epoch, reason: "test")
            await fixture.keeper.drop(serving)

            let swept = try await sweep(fixture)
            #expect(swept[first]?.deleted == true)
            #expect(swept[first]?.reason == "recorded_deleted")
            #expect(Set(fixture.driver.boxes.keys) == [second])
            let record = try #require(try await fixture.store.sandbox(sandbox, in: fixture.workspace))
            #expect(record.owner == nil)
            #expect(record.epoch == serving.epoch + 1)

            // Another worker has it: that one's to settle.
            fixture.driver.change(first) { $0.tag = tag }
            try await fixture.acquire(sandbox)
            let rival = try await rivalsLease(of: sandbox, fixture)
            #expect(rival)
            let kept = try await sweep(fixture)
            #expect(kept[first]?.reason == "lease_elsewhere")
            #expect(fixture.driver.boxes.keys.contains(first))
        }
    }

    @Test func aPassDeletesNoMoreThanItMay() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            let box = try await fixture.box(of: sandbox)
            let tag = try #require(fixture.driver.boxes[box]?.tag)
            _ = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .delete, reason: nil)
            for number in 0..<5 { fixture.driver.change("box-\(number)") { $0.tag = tag } }
            #expect(try await sweep(fixture, limit: 2).values.filter(\.deleted).count == 2)
            #expect(fixture.driver.boxes.count == 3)
            fixture.freeze()
            #expect(try await sweep(fixture).values.allSatisfy { !$0.deleted })
            #expect(fixture.driver.boxes.count == 3)
        }
    }

    /// The owner is another one now.
    private func rivalsLease(of sandbox: SandboxID, _ fixture: WorkerFixture) async throws -> Bool {
        try await fixture.supersede(sandbox)
        return try await fixture.store.sandbox(sandbox, in: fixture.workspace)?.owner != fixture.keeper.identity.id
    }

    private func sweep(
        _ fixture: WorkerFixture,
        dryRun: Bool = false,
        limit: UInt32 = 50
    ) async throws -> [String: WireSweptBox] {
        let request = WireSweepBoxes.with {
            $0.dryRun = dryRun
            $0.limit = limit
        }
        let report = try await BoxSweep(keeper: fixture.keeper, request: request).run()
        return Dictionary(uniqueKeysWithValues: report.boxes.map { ($0.externalID, $0) })
    }
}
