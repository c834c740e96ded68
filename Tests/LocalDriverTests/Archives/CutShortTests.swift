import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// What is found of saves that were cut short.
@Suite(.serialized, .enabled(if: isRoot))
struct CutShortTests {
    @Test(arguments: [false, true])
    func moveIsFinishedOrForgotten(_ hasMoved: Bool) async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo kept > f")
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let keeper = fixture.driver.keeper
            var record = try fixture.record(tag)
            let id: ArchiveID = LocalFixture.newID()
            record.moving = "\(id).1"
            let directory = keeper.directory(tag.box)
            try directory.write(record)
            if hasMoved { try #require(rename(directory.upper, keeper.savedLayers.path("\(id).1")) == 0) }
            // A start in between tidies nothing away that is needed.
            _ = try keeper.recover()
            #expect(try await fixture.resume(tag, epoch: 1).shell("cat f") == "kept")
            #expect(try fixture.record(tag).savedLayers == (hasMoved ? ["\(id).1"] : nil))
            let archive = try await fixture.capture(tag, as: id)
            #expect(try await fixture.create(from: archive).shell("cat f") == "kept")
        }
    }

    @Test(arguments: Ground.allCases)
    func halfAnArchiveIsNone(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo kept > f")
            let archive = try await fixture.capture(tag)
            let directory = ArchiveDirectory(archive.id, in: fixture.configuration)
            try #require(unlink(directory.record) == 0)
            if ground == .btrfs { try FileTree.remove(directory.files) }
            try HostFile.makeDirectory(directory.unfinished)
            #expect(try await fixture.driver.archives() == [archive.id])
            #expect(await failure { _ = try await fixture.create(from: archive) } == .archiveDamaged)
            // Asked for again it is made anew.
            let again = try await fixture.capture(tag, as: archive.id)
            #expect(try await fixture.create(from: again).shell("cat f") == "kept")

            try #require(unlink(directory.record) == 0)
            if ground == .btrfs { try FileTree.remove(directory.files) }
            for path in try fixture.driver.keeper.recover().trash { try FileTree.remove(path) }
            #expect(try await fixture.driver.archives().isEmpty)
            try await fixture.driver.discard(archive.id)
        }
    }

    /// After a loss of power the record beside it may be missing, or empty.
    @Test func aSnapshotHoldsItsOwnRecord() async throws {
        try await Ground.btrfs.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo one > f")
            let archive = try await fixture.capture(tag)
            let directory = ArchiveDirectory(archive.id, in: fixture.configuration)
            let record = try directory.readRecord()
            try HostFile.write(directory.record, [], flags: O_TRUNC)
            #expect(try directory.readRecord() == record)
            try #require(unlink(directory.record) == 0)
            #expect(try fixture.driver.keeper.recover().trash.isEmpty)
            #expect(try await fixture.capture(tag, as: archive.id) == archive)
            let forkTag = fixture.newTag()
            let fork = try await fixture.create(from: archive, forkTag)
            #expect(try await fork.shell("cat f") == "one")

            // What a box has of the archive that it began with tells nothing of the next one.
            let next: ArchiveID = LocalFixture.newID()
            let half = ArchiveDirectory(next, in: fixture.configuration)
            try HostFile.makeDirectory(half.path)
            try Subvolume.snapshot(fixture.driver.keeper.directory(forkTag.box).files, to: half.files, readOnly: true)
            #expect(try half.readRecord() == nil)
            #expect(try await fixture.create(from: fixture.capture(forkTag, as: next)).shell("cat f") == "one")
        }
    }

    /// Nothing leads from one box's user to another box's files, whoever they are stored under.
    @Test(arguments: Ground.allCases)
    func otherUsersReachNothing(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let forkTag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo secret > f")
            _ = try await fixture.create(from: try await fixture.capture(tag), forkTag).shell("echo secret > f")
            let users = try [fixture.record(tag).user, fixture.record(forkTag).user]
            for directory in [fixture.driver.keeper.directory(tag.box), fixture.driver.keeper.directory(forkTag.box)] {
                let file = "\(directory.upper)/workspace/f"
                #expect(HostFile.status(file)?.isRegular == true)
                for user in users {
                    let arguments = ["--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", "/bin/cat", file]
                    #expect(throws: DriverError.self) { try Tool.run("/usr/bin/setpriv", arguments) }
                }
            }
        }
    }
}
