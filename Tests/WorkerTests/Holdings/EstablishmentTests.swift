import Bus
import FleetTesting
import Foundation
import Model
import Ownership
import PostgresClient
import ProviderKit
import ServiceHost
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

@Suite struct EstablishmentTests {
    @Test func aBoxIsFoundAgainAndItsEndIsNotPutOff() async throws {
        try await WorkerFixture.with(FakeDriver(lifetime: 3_600)) { fixture in
            let sandbox = try await fixture.served()
            try await fixture.put("kept", in: sandbox)
            let end = try await fixture.value("select ends_at from boxes")
            #expect(end != nil)
            // Given back and taken again: the same box runs on.
            let holding = try fixture.holding(sandbox)
            try await fixture.keeper.release(sandbox, epoch: holding.epoch, reason: "test")
            await fixture.keeper.drop(holding)
            try await fixture.acquire(sandbox)
            #expect(fixture.driver.calls == [.create, .resume])
            #expect(try await fixture.content(of: sandbox) == "kept")
            #expect(try await fixture.value("select ends_at from boxes") == end)
        }
    }

    @Test func onlyABoxThatIsGoneIsReplaced() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            let first = try await fixture.box(of: sandbox)
            let holding = try fixture.holding(sandbox)
            try await fixture.keeper.release(sandbox, epoch: holding.epoch, reason: "test")
            await fixture.keeper.drop(holding)
            for kind in [DriverError.Kind.transient, .unauthorized, .timeout, .conflict, .rateLimited(after: 1)] {
                fixture.driver.before { call in if call == .resume { throw DriverError(kind, "no") } }
                await #expect(throws: DriverError.self) { try await fixture.acquire(sandbox) }
            }
            #expect(fixture.driver.boxes.count == 1)
            fixture.driver.before(nil)
            fixture.driver.lose(first)
            try await fixture.acquire(sandbox)
            #expect(try await fixture.box(of: sandbox) != first)
            #expect(fixture.driver.boxes.count == 1)
        }
    }

    @Test func aBusThatIsLostMeanwhileIsToldAsThatAndTheLeaseIsGivenBack() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.sandbox()
            fixture.driver.before { call in if call == .create { await fixture.nats.runner.kill() } }
            let error = await #expect(throws: (any Error).self) { try await fixture.acquire(sandbox) }
            #expect(error.map { Fault.describing($0).code } == .busUnavailable, "\(error as Any)")
            let lease = "select lease_state || ' ' || coalesce(owner, '-') from sandboxes"
            #expect(try await fixture.value(lease) == "cold -")
            fixture.driver.before(nil)
            try await fixture.nats.runner.start()
            try await eventually("the connection is back") { fixture.keeper.bus.isConnected }
            try await fixture.acquire(sandbox)
            #expect(fixture.driver.boxes.count == 1)
        }
    }

    @Test func aDamagedSnapshotFallsBackToTheOneBefore() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            for content in ["older", "newer"] {
                try await fixture.put(content, in: sandbox)
                _ = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .pause, reason: "test")
                try await fixture.acquire(sandbox)
            }
            _ = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .pause, reason: "test")
            let current = try await fixture.value("select id from archives where state = 'current'")
            let damaged = try #require(current.flatMap { ArchiveID($0) })
            fixture.driver.damage(damaged)
            fixture.driver.lose(try await fixture.box(of: sandbox))
            try await fixture.acquire(sandbox)
            #expect(try await fixture.content(of: sandbox) == "newer")
            // The ledger and the events say so.
            #expect(try await fixture.value("select error from archives where state = 'current'") != nil)
            #expect(
                try await fixture.value(
                    "select count(*) from outbox where kind = 'snapshot.damaged' and subject_id = $1",
                    damaged.rawValue
                ) == "1"
            )
        }
    }

    @Test func withoutAnyArchiveThatCanBeReadNothingIsMade() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            _ = try await fixture.keeper.drain(try fixture.holding(sandbox), intent: .pause, reason: "test")
            for archive in fixture.driver.archivesKept { fixture.driver.damage(archive) }
            fixture.driver.lose(try await fixture.box(of: sandbox))
            await #expect(throws: DriverError.self) { try await fixture.acquire(sandbox) }
            #expect(fixture.driver.boxes.isEmpty)
        }
    }

    /// What cannot be made from here is no reason to give up what is there.
    @Test func aBoxIsNotDeletedForAnArchiveOfAnotherAccount() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            try await fixture.put("kept", in: sandbox)
            let checkpoint = ArchiveID.now()
            try await fixture.ask(sandbox) { $0.saveCheckpoint = .with { $0.checkpointID = checkpoint.rawValue } }
            _ = try await fixture.pool.query(
                """
                with saved as (
                    update archives set account = 'other', reference = jsonb_set(reference, '{account}', '"other"')
                    where id = $1 returning sandbox_id
                )
                update sandboxes set source_archive = $1 where id in (select sandbox_id from saved)
                """,
                [checkpoint.rawValue]
            )
            let holding = try fixture.holding(sandbox)
            try await fixture.keeper.release(sandbox, epoch: holding.epoch, reason: "test")
            await fixture.keeper.drop(holding)
            let error = await #expect(throws: DriverError.self) { try await fixture.acquire(sandbox) }
            #expect(error?.kind == .unauthorized)
            #expect(fixture.driver.boxes.values.map(\.files.values.first) == ["kept"])
        }
    }

    @Test func aPlaceholderThatCannotBeFilledIsDeleted() async throws {
        try await WorkerFixture.with(archiver: EmptyArchiver()) { fixture in
            let sandbox = try await fixture.served()
            let checkpoint = ArchiveID.now()
            try await fixture.ask(sandbox) {
                $0.saveCheckpoint = .with {
                    $0.checkpointID = checkpoint.rawValue
                    $0.portable = true
                }
            }
            try await fixture.ask(sandbox) { $0.restoreCheckpoint = .with { $0.checkpointID = checkpoint.rawValue } }
            await #expect(throws: Fault.self) { try await fixture.acquire(sandbox) }
            #expect(fixture.driver.boxes.isEmpty)
            #expect(try await fixture.value("select count(*) from boxes where state <> 'deleted'") == "0")
        }
    }
}

/// Saves, and cannot unpack.
private struct EmptyArchiver: PortableArchiver {
    func capture(_ box: any Box, as archive: ArchiveID) async throws -> ArchiveReference {
        ArchiveReference(format: .portable, id: archive, provider: "fake", externalID: "none", createdAt: .distantPast)
    }

    func hydrate(_ box: any Box, from archive: ArchiveReference) async throws {
        throw Fault(.diskFull, "There is no room.")
    }
}
