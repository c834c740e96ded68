import ArchiveStore
import Bus
import FleetTesting
import Model
import NIOCore
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Reaper

struct ArchiveCollectionTests {
    private let subject = Subject.upkeep(provider: "local", placement: "here")

    private func duty(_ fixture: ReaperFixture, archive: (any ArchiveStore)? = nil) -> ArchiveCollection {
        ArchiveCollection(
            client: fixture.client,
            store: fixture.store,
            archive: archive,
            actor: "reaper",
            logger: fixture.logger
        )
    }

    private static func done(_ request: WireUpkeepRequest) -> WireUpkeepReply {
        .with { $0.done = WireUpkeepDone() }
    }

    @Test func aWorkerOfThePlaceDeletesANativeArchive() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            let id = try await fixture.unwanted(of: served.id, epoch: served.epoch)
            try await FakeWorker(bus: fixture.workerBus)
                .serving(subject, Self.done) { asked async throws in
                    #expect(try await duty(fixture).pass() == DutyPass(found: 1))
                    #expect(asked.all.map(\.discardArchive.archiveID) == [id.rawValue])
                    // Some providers know it by no other name.
                    #expect(asked.all.map(\.discardArchive.externalID) == [ArchiveReference.object(of: id)])
                }
            #expect(try await fixture.state(of: id) == "deleted")
            #expect(try await duty(fixture).pass() == .idle)
        }
    }

    @Test func twoReapersAskForEachArchiveOnce() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            for _ in 0..<12 { _ = try await fixture.unwanted(of: served.id, epoch: served.epoch) }
            try await FakeWorker(bus: fixture.workerBus)
                .serving(subject, Self.done) { asked async throws in
                    async let one = duty(fixture).pass()
                    async let other = duty(fixture).pass()
                    let found = try await one.found + other.found
                    #expect(found == 12)
                    #expect(Set(asked.all.map(\.discardArchive.archiveID)).count == 12)
                    #expect(asked.all.count == 12)
                }
            #expect(try await fixture.postgres.sql("select count(*) from archives where state = 'deleted'").contains("12"))
        }
    }

    @Test func withoutAWorkerItIsLookedAtAgainAndNotGivenUp() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            let id = try await fixture.unwanted(of: served.id, epoch: served.epoch)
            #expect(try await duty(fixture).pass() == DutyPass(found: 1))
            #expect(try await fixture.state(of: id) == "delete_pending")
            let row = try await fixture.postgres.sql(
                "select attempts, reap_after < now() + interval '11 seconds' from archives"
            )
            #expect(row.contains("0|t"))
        }
    }

    /// The one that the broker asks may be frozen: however often that happens, the archive is not given up for it.
    @Test func aWorkerThatDoesNotAnswerIsNoFailureOfTheArchive() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            let id = try await fixture.unwanted(of: served.id, epoch: served.epoch)
            let silent: @Sendable (WireUpkeepRequest) throws -> WireUpkeepReply = { _ in throw NoAnswer() }
            var duty = duty(fixture)
            duty.patience = .milliseconds(200)
            try await FakeWorker(bus: fixture.workerBus)
                .serving(subject, silent) { [duty] asked async throws in
                    #expect(try await duty.pass() == DutyPass(found: 1))
                    #expect(asked.all.count == 1)
                }
            #expect(try await fixture.state(of: id) == "delete_pending")
            let row = try await fixture.postgres.sql(
                "select attempts, reap_after < now() + interval '11 seconds' from archives"
            )
            #expect(row.contains("0|t"))
        }
    }

    @Test func aFailureIsNotedAndTriedAgain() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            let id = try await fixture.unwanted(of: served.id, epoch: served.epoch)
            let refuse: @Sendable (WireUpkeepRequest) throws -> WireUpkeepReply = { _ in
                throw Fault(.providerFailed, "busy")
            }
            try await FakeWorker(bus: fixture.workerBus)
                .serving(subject, refuse) { _ async throws in
                    #expect(try await duty(fixture).pass() == DutyPass(found: 1, failed: 1))
                }
            #expect(try await fixture.state(of: id) == "delete_pending")
            #expect(try await fixture.postgres.sql("select attempts, error from archives").contains("1|provider_failed: busy"))
        }
    }

    @Test func aPortableArchiveIsAnObject() async throws {
        try await ReaperFixture.with { fixture in
            try await withTemporaryDirectory { folder in
                let archive = DirectoryArchiveStore(folder)
                let served = try await fixture.served(by: fixture.worker())
                let id = try await fixture.unwanted(of: served.id, epoch: served.epoch, format: .portable)
                let name = ArchiveReference.object(of: id)
                try await archive.put(name, ByteBuffer(string: "tar"))
                // A reaper without an archive store leaves it to one that has it.
                #expect(try await duty(fixture).pass() == DutyPass(found: 1))
                try await fixture.postgres.sql("update archives set reap_after = now() - interval '1 second'")
                #expect(try await duty(fixture, archive: archive).pass() == DutyPass(found: 1))
                #expect(try await fixture.state(of: id) == "deleted")
                await #expect(throws: ArchiveError.self) { _ = try await archive.get(name) }
            }
        }
    }
}
