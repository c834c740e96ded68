import FleetTesting
import FoundationEssentials
import Model
import ProviderHTTP
import ProviderKit
import Testing
import VercelDriver

@Suite struct ArchiveTests {
    @Test(arguments: ["agent", "a test"])
    func aCaptureEndsTheSessionAndAnotherGoesOn(purpose: String) async throws {
        try await VercelFixture.with(delays: ["snapshot": 0.2]) { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(purpose: purpose)))
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            try await fixture.run("echo kept > file", in: session)
            let reference = try await fixture.driver.capture(fixture.capture(of: box.envelope))
            #expect(reference.account == fixture.driver.binding.account)
            #expect(reference.holdsOneMoment)
            #expect(try await fixture.shown(box.envelope.boxId ?? "").session.status == "stopped")
            let again = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            let next = try #require(again.envelope.sessionState.providerState["sessionId"])
            try await fixture.run("grep -q kept file && rm file", in: next)
            // Another box begins with what was saved.
            let copy = try await fixture.driver.create(fixture.creation(source: reference))
            try await fixture.run("grep -q kept file", in: copy.envelope.sessionState.providerState["sessionId"] ?? "")
        }
    }

    @Test func askedAgainItAnswersWithWhatItMade() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let capture = fixture.capture(of: box.envelope)
            let first = try await fixture.driver.capture(capture)
            #expect(try await fixture.driver.capture(capture) == first)
            #expect(try await fixture.driver.archives() == [capture.archive])
            // Another archive is another snapshot, though nothing has changed: each is deleted by itself.
            let other = try await fixture.driver.capture(fixture.capture(of: box.envelope))
            #expect(other.externalID != first.externalID)
        }
    }

    @Test(arguments: [EmulatorFault.Kind.lostAnswer, .silent(done: true), .status(502)])
    func aLostAnswerIsLookedFor(kind: EmulatorFault.Kind) async throws {
        try await VercelFixture.with(delays: ["snapshot": 0.2], patience: .seconds(10)) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(kind, "POST", "*/snapshot"))
            let capture = fixture.capture(of: box.envelope)
            let reference: ArchiveReference
            do {
                reference = try await fixture.driver.capture(capture)
            } catch let error as DriverError {
                // Nothing was taken: whoever asks again begins again.
                #expect(error.kind == .timeout)
                reference = try await fixture.driver.capture(capture)
            }
            #expect(try await fixture.snapshots(of: box.envelope.boxId ?? "") == [reference.externalID])
        }
    }

    @Test func aSnapshotThatVercelTakesByItselfIsNoArchive() async throws {
        try await VercelFixture.with(patience: .seconds(10)) { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(purpose: "agent")))
            let name = try #require(box.envelope.boxId)
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            let capture = fixture.capture(of: box.envelope)
            try await fixture.emulator.inject(EmulatorFault(.status(502), "POST", "*/snapshot"))
            // The sandbox says for which archive, and the session ends before anything was taken for it.
            await #expect(throws: DriverError.self) { _ = try await fixture.driver.capture(capture) }
            try await fixture.ask("POST", "/v2/sandboxes/sessions/\(session)/stop")
            try await eventually("it has stopped") { try await fixture.shown(name).session.status == "stopped" }
            let own = try #require(try await fixture.shown(name).sandbox.currentSnapshotId)
            #expect(try await fixture.driver.capture(capture).externalID != own)
        }
    }

    @Test func aStoppedBoxIsSavedToo() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(purpose: "agent")))
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let own = try await fixture.shown(box.envelope.boxId ?? "").sandbox.currentSnapshotId
            let reference = try await fixture.driver.capture(fixture.capture(of: box.envelope))
            #expect(reference.externalID != own)
        }
    }

    @Test func aSnapshotThatABoxGoesOnFromIsNotDiscarded() async throws {
        try await VercelFixture.with { fixture in
            let driver = fixture.driver
            let box = try await driver.create(fixture.creation())
            let reference = try await driver.capture(fixture.capture(of: box.envelope))
            let inUse = await fixture.failure { try await $0.discard(reference.id, externalID: reference.externalID, account: nil) }
            #expect(inUse == .conflict)
            try await driver.delete(box.envelope, epoch: 2)
            try await driver.discard(reference.id, externalID: reference.externalID, account: nil)
            #expect(try await fixture.snapshot(reference.externalID) == "deleted")
            // What is gone is gone.
            try await driver.discard(reference.id, externalID: reference.externalID, account: nil)
            try await driver.discard(reference.id)
        }
    }

    @Test func aHalfMadeArchiveIsFoundByItsTag() async throws {
        try await VercelFixture.with { fixture in
            let driver = fixture.driver
            let box = try await driver.create(fixture.creation())
            let first = fixture.capture(of: box.envelope)
            let reference = try await driver.capture(first)
            // Taken for another one since, which goes on from another snapshot.
            #expect(await fixture.failure { try await $0.discard(first.archive) } == .conflict)
            _ = try await driver.capture(fixture.capture(of: box.envelope))
            try await driver.discard(first.archive)
            #expect(try await fixture.snapshot(reference.externalID) == "created")
            try await driver.discard(first.archive, externalID: reference.externalID, account: nil)
            #expect(try await fixture.snapshot(reference.externalID) == "deleted")
        }
    }

    @Test func aBoxFromASnapshotThatIsNoMoreIsNotMade() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let reference = try await fixture.driver.capture(fixture.capture(of: box.envelope))
            try await fixture.driver.delete(box.envelope, epoch: 2)
            try await fixture.driver.discard(reference.id, externalID: reference.externalID, account: nil)
            let creation = fixture.creation(source: reference)
            #expect(await fixture.failure { try await $0.create(creation) } == .archiveDamaged)
            #expect(try await fixture.driver.list().isEmpty)
        }
    }

    @Test func aBoxThatIsGoneIsNotSaved() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.driver.delete(box.envelope, epoch: 1)
            let error = await fixture.failure { _ = try await $0.capture(fixture.capture(of: box.envelope)) }
            #expect(error == .gone)
        }
    }
}

extension VercelFixture {
    private struct Snapshot: Decodable {
        let id: String
        let status: String
    }

    private struct One: Decodable { let snapshot: Snapshot }
    private struct Many: Decodable { let snapshots: [Snapshot] }

    /// The status of a snapshot, as the provider has it.
    func snapshot(_ id: String) async throws -> String {
        try JSONDecoder().decode(One.self, from: try await ask("GET", "/v2/sandboxes/snapshots/\(id)")).snapshot.status
    }

    func snapshots(of name: String) async throws -> [String] {
        let path = "/v2/sandboxes/snapshots?project=\(Self.project)&name=\(name)"
        return try JSONDecoder().decode(Many.self, from: try await ask("GET", path)).snapshots.map(\.id)
    }
}
