import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct DiscardTests {
    @Test(arguments: Ground.allCases)
    func boxesOutliveTheirArchive(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo one > f")
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let archive = try await fixture.capture(tag)
            let forkTag = fixture.newTag()
            let fork = try await fixture.create(from: archive, forkTag)
            try await fixture.driver.discard(archive.id)
            try await fixture.driver.discard(archive.id)
            #expect(try await fixture.driver.archives().isEmpty)
            #expect(try await fork.shell("cat f; echo two >> f; cat f") == "one\none\ntwo")
            #expect(try await fixture.resume(tag, epoch: 1).shell("cat f") == "one")
            #expect(await failure { _ = try await fixture.create(from: archive) } == .archiveDamaged)

            // The last one that needs it takes a shared layer along.
            try await fixture.driver.delete(fixture.envelope(tag.box.rawValue), epoch: 1)
            #expect(try await fork.shell("cat f") == "one\ntwo")
            try await fixture.driver.delete(fork.envelope, epoch: 1)
            #expect(try fixture.savedNames().layers.isEmpty)
            #expect(try await fixture.trashIsEmpty())
        }
    }

    @Test(arguments: Ground.allCases)
    func manyArchivesOfOneBox(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            _ = try await fixture.create(tag)
            var archives: [ArchiveReference] = []
            for number in 0..<(BoxKeeper.deepest + 3) {
                let box = try await fixture.resume(tag, epoch: 1)
                _ = try await box.shell(
                    "echo \(number) > f\(number); echo \(number) > last; rm -rf d; mkdir d; echo \(number) > d/\(number)"
                )
                try await fixture.driver.stop(box.envelope, epoch: 1)
                archives.append(try await fixture.capture(tag))
                #expect(try fixture.record(tag).savedLayers?.count ?? 0 <= BoxKeeper.deepest)
            }
            #expect(try await Set(fixture.driver.archives()) == Set(archives.map(\.id)))
            for number in [0, 5, archives.count - 1] {
                let box = try await fixture.create(from: archives[number])
                #expect(try await box.shell("cat last; ls d; ls f* | wc -l") == "\(number)\n\(number)\n\(number + 1)")
                try await fixture.driver.delete(box.envelope, epoch: 1)
            }
            for archive in archives { try await fixture.driver.discard(archive.id) }
            let box = try await fixture.resume(tag, epoch: 1)
            #expect(try await box.shell("cat last; ls f* | wc -l") == "\(archives.count - 1)\n\(archives.count)")
            try await fixture.driver.delete(box.envelope, epoch: 1)
            #expect(try fixture.savedNames().layers.isEmpty)
            #expect(try fixture.savedNames().archives.isEmpty)
            #expect(try await fixture.trashIsEmpty())
        }
    }

    @Test(arguments: Ground.allCases)
    func damagedArchivesLoseNothing(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo one > f")
            let archive = try await fixture.capture(tag)
            let directory = ArchiveDirectory(archive.id, in: fixture.configuration)
            let path = directory.record
            let good = try #require(try HostFile.read(path))
            if ground == .btrfs {
                // One that can be written, so that the record in it can be damaged too.
                try FileTree.remove(directory.files)
                let files = fixture.driver.keeper.directory(tag.box).files
                try Subvolume.snapshot(files, to: directory.files, readOnly: false)
            }
            for bad in [#"{"version":99}"#, "{", "", #"{"version":1}"#] {
                try HostFile.replace(path, with: bad.utf8)
                if ground == .btrfs {
                    try HostFile.replace(ArchiveDirectory.enclosedRecord(in: directory.files), with: bad.utf8)
                }
                #expect(await failure { _ = try await fixture.create(from: archive) } == .archiveDamaged)
                #expect(await failure { _ = try await fixture.capture(tag, as: archive.id) } == .archiveDamaged)
                #expect(try await fixture.driver.archives() == [archive.id])
                let recovery = try fixture.driver.keeper.recover()
                #expect(recovery.unreadable == [archive.id.rawValue])
            }
            // Fields that a later version has added are no harm.
            let text = String(decoding: good, as: UTF8.self)
            try HostFile.replace(path, with: (#"{"novelty":{"a":[1]},"# + text.dropFirst()).utf8)
            #expect(try await fixture.create(from: archive).shell("cat f") == "one")
            #expect(try await fixture.driver.list().count == 2)
        }
    }

    /// A record without its files is damaged too, and no box is left of the attempt.
    @Test(arguments: Ground.allCases)
    func missingFilesAreDamage(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let archive = try await fixture.capture(tag)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            try FileTree.remove(ArchiveDirectory(archive.id, in: fixture.configuration).files)
            for layer in try fixture.savedNames().layers {
                try FileTree.remove(SavedLayers(configuration: fixture.configuration).path(layer))
            }
            #expect(await failure { _ = try await fixture.create(from: archive) } == .archiveDamaged)
            #expect(try await fixture.driver.list().isEmpty)
            #expect(try HostFile.names(in: fixture.configuration.boxesDirectory) == [])
        }
    }
}
