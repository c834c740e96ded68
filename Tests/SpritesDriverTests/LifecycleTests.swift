import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import SpritesDriver

@Suite struct LifecycleTests {
    @Test func aBoxIsMadeFoundAgainAndDeleted() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            #expect(box.envelope.boxId == creation.tag.box.rawValue)
            #expect(try await fixture.sprites().keys.sorted() == ["sf-\(fixture.fleet)-\(creation.tag.box)"])
            let again = try await fixture.resume(box.envelope)
            #expect(again.envelope == box.envelope)
            // It tells who has begun last.
            var tag = creation.tag
            tag.epoch = 2
            #expect(try await fixture.driver.list().map(\.tag) == [tag])
            try await fixture.driver.delete(box.envelope, epoch: 2)
            #expect(try await fixture.sprites().isEmpty)
            // Deleting what is gone succeeds; to resume it does not.
            try await fixture.driver.delete(box.envelope, epoch: 2)
            try await expect(.gone) { _ = try await fixture.resume(box.envelope) }
        }
    }

    @Test func asManyTriesAsThereAreMakeOneBox() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            // A later owner asks under another epoch.
            var later = creation
            later.tag.epoch = 7
            _ = try await fixture.driver.create(later)
            #expect(try await fixture.sprites().count == 1)
        }
    }

    @Test func aNameOfAnotherSandboxIsAConflict() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            try await expect(.conflict) {
                _ = try await fixture.driver.create(fixture.creation(box: creation.tag.box))
            }
        }
    }

    @Test func theNetworkPolicyIsSetBeforeTheBoxIsUsed() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            #expect(try await fixture.emulator.count("POST", "/policy/network") == 1)
        }
    }

    @Test func listingsGoOverPagesAndSeeOnlyTheFleet() async throws {
        try await SpritesFixture.with { fixture in
            var tags: Set<BoxTag> = []
            for _ in 0..<53 {
                let creation = fixture.creation()
                tags.insert(creation.tag)
                _ = try await fixture.driver.create(creation)
            }
            let other = try await SpritesFixture.driver(fixture.emulator, fleet: .new())
            #expect(try await other.list().isEmpty)
            let listings = try await fixture.driver.list()
            #expect(Set(listings.compactMap(\.tag)) == tags)
            #expect(Set(listings.map(\.externalID)) == Set(tags.map(\.box.rawValue)))
        }
    }

    @Test func aSpriteThatSleepsIsNotWokenToBeStopped() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            try await eventually("it is cold") {
                try await fixture.emulator.advance(seconds: 3600)
                return try await fixture.sprites().values.first == "cold"
            }
            try await fixture.driver.stop(box.envelope, epoch: 1)
            #expect(try await fixture.sprites().values.first == "cold")
            try await fixture.driver.delete(box.envelope, epoch: 1)
            try await expect(.gone) { try await fixture.driver.stop(box.envelope, epoch: 1) }
        }
    }

    @Test func archivesAreRefusedWithTheReason() async throws {
        try await SpritesFixture.with { fixture in
            let capture = BoxCapture(
                archive: .new(),
                envelope: fixture.driver.binding.envelope(provider: "sprites", box: "x"),
                sandbox: .new(),
                epoch: 1
            )
            try await expect(.unsupported) { _ = try await fixture.driver.capture(capture) }
            #expect(try await fixture.driver.archives().isEmpty)
            #expect(fixture.driver.descriptor.problems.isEmpty)
        }
    }
}
