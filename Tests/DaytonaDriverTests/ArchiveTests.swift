import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import DaytonaDriver

@Suite struct ArchiveTests {
    @Test(arguments: [true, false])
    func aBoxIsSavedAndAnotherMadeFromIt(isRunning: Bool) async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            if !isRunning { try await fixture.driver.stop(box.envelope, epoch: 1) }
            let before = try await fixture.sandboxes()
            let capture = fixture.capture(box.envelope)
            let reference = try await fixture.driver.capture(capture)
            #expect(reference.format == .native)
            #expect(reference.account == DaytonaFixture.organization)
            // It goes on as it was.
            try await eventually("it is as it was") { try await fixture.sandboxes() == before }
            // Asked again it answers with what it made.
            #expect(try await fixture.driver.capture(capture).externalID == reference.externalID)
            #expect(try await fixture.driver.archives() == [capture.archive])
            _ = try await fixture.driver.create(fixture.creation(from: reference))
            #expect(try await fixture.sandboxes().count == 2)
            try await fixture.driver.discard(capture.archive)
            try await fixture.driver.discard(capture.archive)
            #expect(try await fixture.driver.archives().isEmpty)
            try await expect(.archiveDamaged) {
                _ = try await fixture.driver.create(fixture.creation(from: reference))
            }
        }
    }

    @Test func aLostAnswerSavesOnce() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "*/snapshot"))
            let capture = fixture.capture(box.envelope)
            _ = try await fixture.driver.capture(capture)
            // Asked for once more or not, before the first is seen: the name can be taken once.
            #expect(try await fixture.driver.archives() == [capture.archive])
        }
    }

    @Test func aSnapshotThatHasFailedIsMadeAgain() async throws {
        let boxes = DaytonaBoxSettings(labels: ["emulator-fails": "snapshot"])
        try await DaytonaFixture.with([], boxes) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let capture = fixture.capture(box.envelope)
            let reference = try await fixture.driver.capture(capture)
            #expect(try await fixture.emulator.count("POST", "/snapshot") == 2)
            #expect(try await fixture.driver.archives() == [capture.archive])
            _ = try await fixture.driver.create(fixture.creation(from: reference))
        }
    }

    @Test func ofASnapshotThatHasFailedALaterOwnerDisposes() async throws {
        let boxes = DaytonaBoxSettings(labels: ["emulator-fails": "snapshot"])
        try await DaytonaFixture.with([], boxes) { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let (name, account) = try await fixture.driver.identify(box.envelope)
            let capture = fixture.capture(box.envelope)
            let snapshot = SnapshotName(fleet: fixture.fleet, capture.archive)
            try await account.api.takeSnapshot(snapshot, of: name.description, box.envelope)
            try await eventually("it has failed") {
                try await account.api.snapshot(snapshot.description)?.state == "error"
            }
            _ = try await fixture.resume(box.envelope, of: creation, epoch: 2)
            try await expect(.conflict) { _ = try await fixture.driver.capture(capture) }
            #expect(try await account.api.snapshot(snapshot.description)?.state == "error")
        }
    }

    @Test func ofABoxThatIsGoneNothingIsSaved() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.reaped, "POST", "*/snapshot"))
            try await expect(.gone) { _ = try await fixture.driver.capture(fixture.capture(box.envelope)) }
        }
    }
}

extension DaytonaFixture {
    func capture(_ envelope: Envelope) -> BoxCapture {
        BoxCapture(archive: .new(), envelope: envelope, sandbox: .new(), epoch: 1)
    }
}
