import FleetTesting
import FoundationEssentials
import Model
import NIOConcurrencyHelpers
import ProviderKit
import Testing
import VercelDriver

/// A worker that was frozen wakes up when its successor has begun.
@Suite(.serialized) struct EpochTests {
    private static let agent = SandboxSpec(purpose: "agent")

    private func expectRefused(_ fixture: VercelFixture, _ envelope: Envelope, epoch: UInt64) async {
        let capture = fixture.capture(of: envelope, epoch: epoch)
        #expect(await fixture.failure { try await $0.stop(envelope, epoch: epoch) } == .conflict)
        #expect(await fixture.failure { try await $0.capture(capture) } == .conflict)
        #expect(await fixture.failure { try await $0.delete(envelope, epoch: epoch) } == .conflict)
        #expect(await fixture.failure { try await $0.resume(fixture.resumption(of: envelope, epoch: epoch)) } == .conflict)
    }

    @Test func whoCameBeforeChangesNothing() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation(Self.agent)
            let box = try await fixture.driver.create(creation)
            let name = try #require(box.envelope.boxId)
            _ = try await fixture.driver.resume(fixture.resumption(of: box.envelope, epoch: 5))
            let before = try await fixture.shown(name)
            await expectRefused(fixture, box.envelope, epoch: 4)
            let after = try await fixture.shown(name)
            #expect(after.session.id == before.session.id && after.session.status == "running")
            #expect(after.sandbox.tags == before.sandbox.tags)
            #expect(try await fixture.snapshots(of: name).isEmpty)
            // The sweep still sees by which acquisition it was made.
            #expect(try await fixture.driver.list().map(\.tag) == [creation.tag])
        }
    }

    @Test func aStoppedSandboxKnowsItsLastOwner() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            // Whoever stops it has not resumed it.
            try await fixture.driver.stop(box.envelope, epoch: 5)
            await expectRefused(fixture, box.envelope, epoch: 4)
            #expect(try await fixture.shown(box.envelope.boxId ?? "").session.status == "stopped")
            try await fixture.driver.delete(box.envelope, epoch: 5)
        }
    }

    @Test func aCaptureIsItsOwnersLastWordAsWell() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            _ = try await fixture.driver.capture(fixture.capture(of: box.envelope, epoch: 5))
            await expectRefused(fixture, box.envelope, epoch: 4)
        }
    }

    @Test func anotherTryOfAnEarlierOwnerIsNoBox() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation(Self.agent)
            let box = try await fixture.driver.create(creation)
            _ = try await fixture.driver.resume(fixture.resumption(of: box.envelope, epoch: 5))
            #expect(await fixture.failure { try await $0.create(creation) } == .conflict)
        }
    }

    /// Two owners who write the tag at the same moment may leave the lower epoch in it.
    @Test func whatASlowOneWritesMeanwhileIsPutRight() async throws {
        let rival = Rival()
        try await VercelFixture.with(opener: rival) { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            let name = try #require(box.envelope.boxId)
            let tags = try JSONEncoder().encode(["tags": try await fixture.shown(name).sandbox.tags])
            rival.write {
                _ = try await fixture.ask("PATCH", "/v2/sandboxes/\(name)?projectId=\(VercelFixture.project)", tags)
            }
            _ = try await fixture.driver.resume(fixture.resumption(of: box.envelope, epoch: 5))
            await expectRefused(fixture, box.envelope, epoch: 4)
        }
    }
}

/// Lets somebody slow write its epoch while another owner enters.
private final class Rival: BoxOpener {
    private let writing = NIOLockedValueBox<(@Sendable () async throws -> Void)?>(nil)

    func write(_ body: @escaping @Sendable () async throws -> Void) { writing.withLockedValue { $0 = body } }

    func open(_ opening: BoxOpening, _ api: VercelAPI) async throws(DriverError) -> any Box {
        do {
            try await writing.withLockedValue { $0 }?()
        } catch {
            throw DriverError(.transient, "\(error)")
        }
        return try await BareOpener().open(opening, api)
    }
}
