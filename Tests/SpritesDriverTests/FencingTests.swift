import BoxSession
import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import SpritesDriver

/// An owner that was frozen for long finds that another one has begun.
@Suite struct FencingTests {
    @Test func whoHadItBeforeChangesNothingMore() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let successor = try await SpritesFixture.driver(fixture.emulator, fleet: fixture.fleet)
            _ = try await fixture.resume(box.envelope, by: successor, of: creation, epoch: 2)
            try await fixture.emulator.clearRequests()
            try await expect(.conflict) { try await fixture.driver.stop(box.envelope, epoch: 1) }
            try await expect(.conflict) { try await fixture.driver.delete(box.envelope, epoch: 1) }
            try await expect(.conflict) { _ = try await fixture.resume(box.envelope, of: creation, epoch: 1) }
            try await expect(.conflict) { _ = try await fixture.driver.create(creation) }
            // To create it again is refused by the provider itself, before anybody looks.
            #expect(Set(try await fixture.emulator.requests().map(\.method)) == ["GET", "POST"])
            #expect(try await fixture.sprites().count == 1)
            try await successor.stop(box.envelope, epoch: 2)
            try await successor.delete(box.envelope, epoch: 2)
            #expect(try await fixture.sprites().isEmpty)
        }
    }

    @Test func whatOthersHaveLabelledStays() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let api = fixture.driver.accounts.fleets.api
            let name = SpriteName(fleet: fixture.fleet, box: creation.tag.box)
            let labels = try #require(try await api.get(name, of: box.envelope).labels)
            try await api.setLabels(["team-blue"] + labels, of: name, box.envelope)
            // Whatever owner it is told, the sandbox of the labels stays.
            _ = try await fixture.resume(box.envelope, epoch: 7)
            let expected = SpriteLabels(sandbox: creation.tag.sandbox, epoch: 7)
            #expect(try await api.get(name, of: box.envelope).labels == ["team-blue"] + expected.texts)
        }
    }

    @Test func whatASlowOneWritesMeanwhileIsPutRight() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let older = SpriteLabels(sandbox: creation.tag.sandbox, epoch: 2)
            let successor = try await SpritesFixture.driver(
                fixture.emulator,
                fleet: fixture.fleet,
                entrance: Rival(labels: older, envelope: box.envelope)
            )
            _ = try await fixture.resume(box.envelope, by: successor, of: creation, epoch: 3)
            try await expect(.conflict) { try await fixture.driver.delete(box.envelope, epoch: 2) }
        }
    }
}

/// Lets somebody slow write its epoch while another owner enters.
private struct Rival: SpriteEntrance {
    let labels: SpriteLabels
    let envelope: Envelope

    func enter(_ entry: SpriteEntry, _ api: SpritesAPI) async throws(DriverError) -> any Box {
        try await api.setLabels(labels.texts, of: entry.name, envelope)
        return ClosedBox(envelope: entry.envelope)
    }

    func halt(_ name: SpriteName, _ api: SpritesAPI) async throws(DriverError) {}
}
