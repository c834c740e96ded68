import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import DaytonaDriver

@Suite struct LifecycleTests {
    @Test func aBoxIsMadeStoppedStartedAndDeleted() async throws {
        try await DaytonaFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let name = "sf-\(fixture.fleet)-\(creation.tag.box)"
            #expect(try await fixture.sandboxes() == [name: "started"])
            #expect(
                try await fixture.driver.list() == [
                    BoxListing(
                        externalID: creation.tag.box.rawValue,
                        tag: creation.tag,
                        isRunning: true,
                        account: DaytonaFixture.organization
                    )
                ]
            )
            try await fixture.driver.stop(box.envelope, epoch: 1)
            #expect(try await fixture.sandboxes() == [name: "stopped"])
            // Stopping what is stopped succeeds.
            try await fixture.driver.stop(box.envelope, epoch: 1)
            #expect(try await fixture.driver.list().map(\.isRunning) == [false])
            _ = try await fixture.resume(box.envelope)
            #expect(try await fixture.sandboxes() == [name: "started"])
            try await fixture.driver.delete(box.envelope, epoch: 2)
            #expect(try await fixture.sandboxes().isEmpty)
            try await fixture.driver.delete(box.envelope, epoch: 2)
            try await expect(.gone) { _ = try await fixture.resume(box.envelope) }
            try await expect(.gone) { try await fixture.driver.stop(box.envelope, epoch: 2) }
        }
    }

    @Test func asManyTriesAsThereAreMakeOneBox() async throws {
        try await DaytonaFixture.with { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            var later = creation
            later.tag.epoch = 7
            _ = try await fixture.driver.create(later)
            #expect(try await fixture.sandboxes().count == 1)
            try await expect(.conflict) {
                _ = try await fixture.driver.create(fixture.creation(box: creation.tag.box))
            }
        }
    }

    @Test func whatIsOnItsWayIsWaitedFor() async throws {
        try await DaytonaFixture.with(["--delay", "stop=4", "--delay", "start=1"]) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            // Somebody stops it while others want it to run, and to be gone.
            async let stopped: Void = fixture.driver.stop(box.envelope, epoch: 2)
            try await eventually("it is being stopped") {
                try await fixture.sandboxes().values.contains("stopping")
            }
            async let resumed = fixture.resume(box.envelope)
            try await stopped
            _ = try await resumed
            #expect(try await fixture.sandboxes().values.first == "started")
            async let again: Void = fixture.driver.stop(box.envelope, epoch: 2)
            try await eventually("it is being stopped") {
                try await fixture.sandboxes().values.contains("stopping")
            }
            try await fixture.driver.delete(box.envelope, epoch: 2)
            #expect(try await fixture.sandboxes().isEmpty)
            // Whoever waits for the stop then is told.
            do { try await again } catch let error as DriverError { #expect(error.kind == .gone) }
        }
    }

    @Test func whatHasFailedIsRecoveredOrTold() async throws {
        var boxes = DaytonaBoxSettings()
        boxes.labels = ["emulator-fails": "create"]
        try await DaytonaFixture.with([], boxes) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            #expect(try await fixture.sandboxes().values.first == "started")
            try await fixture.driver.delete(box.envelope, epoch: 1)
        }
    }

    @Test func whatIsEphemeralIsGoneWhenItStops() async throws {
        try await DaytonaFixture.with([], DaytonaBoxSettings(isEphemeral: true)) { fixture in
            #expect(!fixture.driver.descriptor.persistence.isSupported)
            #expect(fixture.driver.descriptor.problems.isEmpty)
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.driver.stop(box.envelope, epoch: 1)
            try await expect(.gone) { _ = try await fixture.resume(box.envelope) }
        }
    }

    @Test func theSettingsReachTheProvider() async throws {
        var boxes = DaytonaBoxSettings(
            user: "root",
            labels: ["team": "blue"],
            isPublic: true,
            autoStopMinutes: 0,
            autoArchiveMinutes: 60
        )
        boxes.mounts = [.init(volume: "shared", path: "/data")]
        boxes.language = "python"
        try await DaytonaFixture.with(["--delay", "volume=0.5"], boxes) { fixture in
            let creation = fixture.creation(
                spec: SandboxSpec(image: "debian:12", resources: Resources(vcpus: 1.5, memoryMb: 3000, diskMb: 4096))
            )
            let box = try await fixture.driver.create(creation)
            let shown = try await fixture.driver.accounts.fleets.api.get("sf-\(fixture.fleet)-\(creation.tag.box)", of: box.envelope)
            #expect(shown.labels?["team"] == "blue")
            #expect(shown.labels?["code-toolbox-language"] == "python")
            #expect(try await fixture.driver.accounts.fleets.api.volume(named: "shared")?.state == "ready")
            // The same volume again, by its id.
            let id = try #require(try await fixture.driver.accounts.fleets.api.volume(named: "shared")?.id)
            let volumes = DaytonaVolumes(api: fixture.driver.accounts.fleets.api)
            #expect(try await volumes.mounts([.init(volume: id, path: "/x")]).map(\.volumeId) == [id])
            try await expect(.invalid) {
                _ = try await volumes.mounts([.init(volume: "00000000-0000-4000-8000-000000000000", path: "/x")])
            }
        }
    }

    @Test func sizesAreForImagesOnly() async throws {
        try await DaytonaFixture.with { fixture in
            let spec = SandboxSpec(resources: Resources(vcpus: 2))
            try await expect(.invalid) { _ = try await fixture.driver.create(fixture.creation(spec: spec)) }
            #expect(try await fixture.sandboxes().isEmpty)
        }
    }

    @Test func aUsersTokenNamesItsOrganization() async throws {
        try await DaytonaFixture.with(["--jwt", "users-token"]) { fixture in
            let driver = try await DaytonaFixture.driver(
                fixture.emulator,
                secret: { "users-token" },
                isUsers: true,
                fleet: fixture.fleet
            )
            _ = try await driver.create(fixture.creation())
            #expect(try await fixture.driver.list().count == 1)
        }
    }
}
