import FleetTesting
import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// Boxes that are started from an archive while the one before them goes.
@Suite(.serialized, .enabled(if: isRoot))
struct SuccessorTests {
    /// A box, an archive of it, and the box that was started for its restore.
    private func withSuccessor(
        _ body: (LocalFixture, BoxTag, any Box, ArchiveReference, PooledBox) async throws -> Void
    ) async throws {
        try await Ground.btrfs.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo saved > f; touch -d 2001-02-03 f . ~")
            let archive = try await fixture.capture(tag)
            _ = try await box.shell("echo changed > f")
            fixture.driver.expectRestore(of: tag.sandbox, box.envelope, from: archive)
            let spare = await fixture.driver.replacements.find(tag.sandbox, from: archive.id)?.spare.value
            try await body(fixture, tag, box, archive, try #require(spare?.box))
        }
    }

    private func next(_ tag: BoxTag) -> BoxTag {
        BoxTag(fleet: tag.fleet, sandbox: tag.sandbox, box: LocalFixture.newID(), epoch: tag.epoch + 1)
    }

    @Test func takesItsPlace() async throws {
        try await withSuccessor { fixture, tag, box, archive, successor in
            try await fixture.driver.stop(box.envelope, epoch: 1)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            let restoredTag = next(tag)
            let restored = try await fixture.create(from: archive, restoredTag)
            #expect(try fixture.record(restoredTag).process == successor.record.process)
            #expect(try await fixture.driver.list().map(\.tag) == [restoredTag])
            try await eventually("nothing waits") { try fixture.poolDirectories().isEmpty }

            // Nothing tells it from one that was made for the purpose.
            let madeTag = next(tag)
            let made = try await fixture.create(from: archive, madeTag)
            try await BoxViews.expectSame(restored, made)
            #expect(try await restored.shell("cat f; ls; stat -c %.10y . f ~ | sort -u") == "saved\nf\n2001-02-03")
            let (one, other) = (try fixture.record(restoredTag), try fixture.record(madeTag))
            var like = one
            like.tag = other.tag
            like.user = other.user
            like.group = other.group
            like.process = other.process
            #expect(like == other && one.user != other.user && one.source == archive.id)

            // It lives on like any other.
            _ = try await restored.shell("echo more > g")
            try await fixture.driver.stop(restored.envelope, epoch: 2)
            #expect(try await fixture.resume(restoredTag, epoch: 3).shell("cat f g") == "saved\nmore")
        }
    }

    @Test func whatIsAskedForInsteadIsMade() async throws {
        try await withSuccessor { fixture, tag, _, archive, successor in
            let limited = next(tag)
            let box = try await fixture.driver.create(
                BoxCreation(
                    tag: limited,
                    spec: SandboxSpec(resources: Resources(memoryMb: 64)),
                    environment: [:],
                    source: archive
                )
            )
            #expect(try await box.shell("cat f") == "saved")
            #expect(try fixture.record(limited).limits.memoryMb == 64)
            #expect(try fixture.record(limited).process != successor.record.process)
            try await eventually("nothing of the other is left") {
                try fixture.poolDirectories().isEmpty && processes(of: successor.record.user).isEmpty
            }
        }
    }

    @Test func goesWhenNobodyComesForIt() async throws {
        try await withSuccessor { fixture, tag, box, _, successor in
            try await fixture.driver.stop(box.envelope, epoch: 1)
            // Another owner has it started again instead.
            #expect(try await fixture.resume(tag, epoch: 2).shell("cat f") == "changed")
            let users = try #require(fixture.driver.keeper.users)
            try await eventually("nothing of it is left") {
                try fixture.poolDirectories().isEmpty && processes(of: successor.record.user).isEmpty
                    && HostFile.linkTarget("\(users.directory)/\(successor.record.user)") == nil
            }
        }
    }

    @Test func goesWithADeadWorker() async throws {
        try await Ground.btrfs.withDirectory { path in
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                try await LocalFixture.withDriver(at: path) { fixture in
                    let tag = fixture.newTag()
                    let box = try await fixture.create(tag)
                    let archive = try await fixture.capture(tag)
                    fixture.driver.expectRestore(of: tag.sandbox, box.envelope, from: archive)
                    _ = await fixture.driver.replacements.find(tag.sandbox, from: archive.id)?.spare.value
                    kill(getpid(), SIGKILL)
                }
            }
            let remains = try PoolCrashTests.Remains(at: path)
            #expect(remains.waiting.count == 1 && remains.boxes.count == 1)
            let keep = remains.configuration
            try await LocalFixture.withDriver(at: path) {
                $0 = keep
            } _: { fixture in
                try remains.expectNothingWaits()
                #expect(try await fixture.driver.list().map(\.tag) == remains.boxes.map(\.tag))
            }
        }
    }
}
