import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing
import VercelDriver

@Suite struct EndingTests {
    @Test(arguments: ["agent", "a test"])
    func aBoxIsStoppedOnceItsFilesAreSafe(purpose: String) async throws {
        try await VercelFixture.with(delays: ["stop": 0.3, "snapshot": 0.3]) { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(purpose: purpose)))
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            try await fixture.run("echo kept > file", in: session)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let shown = try await fixture.shown(try #require(box.envelope.boxId))
            #expect(shown.session.status == "stopped")
            #expect(shown.sandbox.currentSnapshotId != nil)
            // Twice is once.
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let again = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            try await fixture.run("grep -q kept file", in: again.envelope.sessionState.providerState["sessionId"] ?? "")
        }
    }

    @Test(arguments: [
        EmulatorFault.Kind.lostAnswer, .refused, .status(500), .rateLimited(retryAfter: 0), .slow(after: 0.5),
    ])
    func aStopThatGoesWrongIsStillAStop(kind: EmulatorFault.Kind) async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(purpose: "agent")))
            try await fixture.emulator.inject(EmulatorFault(kind, "POST", "*/stop"))
            try await fixture.driver.stop(box.envelope, epoch: 1)
            #expect(try await fixture.shown(box.envelope.boxId ?? "").session.status == "stopped")
        }
    }

    @Test func aBoxThatIsGoneCannotBeStopped() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.driver.delete(box.envelope, epoch: 1)
            #expect(await fixture.failure { try await $0.stop(box.envelope, epoch: 1) } == .gone)
        }
    }

    @Test(arguments: [EmulatorFault.Kind.lostAnswer, .status(502), .slow(before: 0.3)])
    func deletingIsDoneOnce(kind: EmulatorFault.Kind) async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(kind, "DELETE", "*/v2/sandboxes/*"))
            try await fixture.driver.delete(box.envelope, epoch: 1)
            #expect(try await fixture.driver.list().isEmpty)
            try await fixture.driver.delete(box.envelope, epoch: 1)
        }
    }

    /// As owners name a box of which only the row is left.
    @Test func aBoxIsDeletedByItsRow() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let state = ["boxId": box.envelope.boxId ?? "", "account": fixture.driver.binding.account]
            let envelope = Envelope(
                backendId: VercelDriver.name,
                sessionState: .init(providerState: state, workspaceReady: false)
            )
            try await fixture.driver.delete(envelope, epoch: 1)
            #expect(try await fixture.driver.list().isEmpty)
            try await fixture.driver.delete(envelope, epoch: 1)
        }
    }

    @Test func whatVercelHasSavedGoesWithTheBoxAndArchivesStay() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(purpose: "agent")))
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let automatic = try #require(try await fixture.shown(box.envelope.boxId ?? "").sandbox.currentSnapshotId)
            _ = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            let archive = try await fixture.driver.capture(fixture.capture(of: box.envelope))
            try await fixture.driver.delete(box.envelope, epoch: 2)
            #expect(try await fixture.snapshot(automatic) == "deleted")
            #expect(try await fixture.snapshot(archive.externalID) == "created")
        }
    }

    @Test func aStoppedEphemeralBoxLeavesNothing() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let name = try #require(box.envelope.boxId)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let kept = try #require(try await fixture.shown(name).sandbox.currentSnapshotId)
            _ = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            let archive = try await fixture.driver.capture(fixture.capture(of: box.envelope))
            try await fixture.driver.delete(box.envelope, epoch: 2)
            #expect(try await fixture.snapshot(kept) == "deleted")
            #expect(try await fixture.snapshot(archive.externalID) == "created")
        }
    }

    @Test func whatAStopHasKeptGoesByItself() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let kept = try #require(try await fixture.shown(box.envelope.boxId ?? "").sandbox.currentSnapshotId)
            #expect(try await fixture.snapshot(kept) == "created")
            try await fixture.emulator.advance(seconds: 8 * 86_400)
            try await eventually("it has expired") { try await fixture.snapshot(kept) == "deleted" }
            // What it held is saved elsewhere, or nobody wanted it.
            #expect(await fixture.failure { try await $0.resume(fixture.resumption(of: box.envelope)) } == .gone)
        }
    }

    /// Stopped between a capture that failed and its next try.
    @Test func whatAStopHasKeptIsNoArchive() async throws {
        try await VercelFixture.with(patience: .seconds(10)) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let capture = fixture.capture(of: box.envelope)
            try await fixture.emulator.inject(EmulatorFault(.status(502), "POST", "*/snapshot"))
            await #expect(throws: DriverError.self) { _ = try await fixture.driver.capture(capture) }
            try await fixture.driver.stop(box.envelope, epoch: 2)
            let kept = try await fixture.shown(box.envelope.boxId ?? "").sandbox.currentSnapshotId
            #expect(kept != nil)
            #expect(try await fixture.driver.capture(capture).externalID != kept)
        }
    }
}
