import Bus
import FleetTesting
import Model
import SwiftProtobuf
import Testing
import Wire

@testable import Reaper

struct BoxSweepTests {
    private let subject = Subject.upkeep(provider: "local", placement: "here")

    private func duty(_ fixture: ReaperFixture, _ mode: BoxSweep.Mode) -> BoxSweep {
        BoxSweep(client: fixture.client, store: fixture.store, mode: mode, logger: fixture.logger)
    }

    private static func report(_ request: WireUpkeepRequest) -> WireUpkeepReply {
        .with {
            $0.sweep = .with {
                $0.boxes = [
                    .with { $0.verdict = .keep }, .with { $0.verdict = .report },
                    .with { box in
                        box.verdict = .delete
                        box.deleted = !request.sweep.dryRun
                    },
                ]
            }
        }
    }

    @Test func ofTwoReapersOneHasAPlaceLookedAt() async throws {
        try await ReaperFixture.with { fixture in
            _ = try await fixture.worker()
            try await FakeWorker(bus: fixture.workerBus)
                .serving(subject, Self.report) { asked async throws in
                    async let one = duty(fixture, .on).pass()
                    async let other = duty(fixture, .on).pass()
                    let found = try await one.found + other.found
                    #expect(found == 1)
                    #expect(asked.all.map(\.sweep.dryRun) == [false])
                    #expect(asked.all.map(\.sweep.limit) == [50])
                    #expect(try await duty(fixture, .on).pass() == .idle)
                    try await fixture.postgres.sql("update sweeps set swept_at = now() - interval '301 seconds'")
                    #expect(try await duty(fixture, .on).pass() == DutyPass(found: 1))
                }
        }
    }

    @Test func whenItIsToRunDryNothingIsToBeDeleted() async throws {
        try await ReaperFixture.with { fixture in
            _ = try await fixture.worker()
            try await FakeWorker(bus: fixture.workerBus)
                .serving(subject, Self.report) { asked async throws in
                    #expect(try await duty(fixture, .off).pass() == .idle)
                    #expect(asked.all.isEmpty)
                    #expect(try await duty(fixture, .dry).pass() == DutyPass(found: 1))
                    #expect(asked.all.map(\.sweep.dryRun) == [true])
                }
        }
    }

    @Test func aPlaceWithoutAnAnswerHasFailed() async throws {
        try await ReaperFixture.with { fixture in
            _ = try await fixture.worker()
            #expect(try await duty(fixture, .on).pass() == DutyPass(found: 1, failed: 1))
        }
    }
}
