import FleetTesting
import Model
import ProviderKit
import Testing

@testable import DockerDriver

/// Saved boxes, as images of the engine.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct ArchiveTests {
    private func capture(
        _ fixture: DockerFixture,
        _ box: any Box,
        _ tag: BoxTag,
        as archive: ArchiveID,
        epoch: UInt64 = 1
    ) async throws -> ArchiveReference {
        try await fixture.driver.capture(
            BoxCapture(archive: archive, envelope: box.envelope, sandbox: tag.sandbox, epoch: epoch)
        )
    }

    @Test func aBoxIsSavedAndAnotherBeginsWithIt() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo saved > f; mkdir d; ln -s ../f d/l; echo system > /etc/mine")
            let archive: ArchiveID = DockerFixture.newID()
            let reference = try await capture(fixture, box, tag, as: archive)
            #expect(reference.externalID == archive.rawValue)
            #expect(reference.placement == fixture.driver.binding.placement)
            // It went on, and its connection with it.
            #expect(try await box.shell("echo changed > f; cat f") == "changed")
            // Asked again it is the same, not a later one.
            #expect(try await capture(fixture, box, tag, as: archive) == reference)
            #expect(try await fixture.driver.archives() == [archive])

            let copy = try await fixture.create(from: reference)
            #expect(try await copy.shell("cat f d/l /etc/mine") == "saved\nsaved\nsystem")
            // The copy's daemon is its own: no fence, no socket, nothing of its origin.
            #expect(try await copy.shell("ls /.sandfleet/daemon | wc -l") == "1")

            // Of a stopped box.
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let second: ArchiveID = DockerFixture.newID()
            let stopped = try await capture(fixture, box, tag, as: second)
            let other = try await fixture.create(from: stopped)
            #expect(try await other.shell("cat f") == "changed")
        }
    }

    @Test func aDiscardedArchiveGoesWithItsLastBox() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo saved > f")
            let archive: ArchiveID = DockerFixture.newID()
            let reference = try await capture(fixture, box, tag, as: archive)
            let copy = try await fixture.create(from: reference)
            try await fixture.driver.discard(archive)
            try await fixture.driver.discard(archive)
            let listed = try await fixture.driver.archives()
            #expect(listed.isEmpty)
            #expect(try await copy.shell("cat f") == "saved")
            #expect(await failure { _ = try await fixture.create(from: reference) } == .archiveDamaged)
            try await fixture.driver.delete(copy.envelope, epoch: 1)
            let left = try await fixture.driver.engine.images(labelled: "\(Labels.archive)=\(archive)")
            #expect(left.isEmpty)
        }
    }

    @Test func archivesAreNobodyElses() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let archive: ArchiveID = DockerFixture.newID()
            var reference = try await capture(fixture, box, tag, as: archive)
            // Named as an image it would be anybody's.
            let spec = SandboxSpec(image: DockerDriver.imageName(of: archive))
            #expect(await failure { _ = try await fixture.create(nil, spec) } == .invalid)
            var other = tag
            other.sandbox = DockerFixture.newID()
            #expect(await failure { _ = try await capture(fixture, box, other, as: archive) } == .conflict)
            #expect(
                await failure { _ = try await capture(fixture, box, other, as: DockerFixture.newID()) } == .conflict
            )
            try await DockerFixture.with { stranger in
                #expect(await failure { _ = try await stranger.create(from: reference) } == .archiveDamaged)
                let remaining = try await stranger.driver.archives()
                #expect(remaining.isEmpty)
            }
            reference.placement = "another-engine"
            #expect(await failure { _ = try await fixture.create(from: reference) } == .placementOffline)
            _ = try await fixture.resume(box, tag, epoch: 5)
            #expect(
                await failure { _ = try await capture(fixture, box, tag, as: DockerFixture.newID(), epoch: 4) }
                    == .conflict
            )
        }
    }
}
