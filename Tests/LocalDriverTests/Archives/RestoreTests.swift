import FleetTesting
import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// What is made ready for a restore.
@Suite(.serialized, .enabled(if: isRoot))
struct RestoreTests {
    @Test(arguments: Ground.allCases)
    func theNextBoxIsWhatTheArchiveSays(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo saved > f")
            let archive = try await fixture.capture(tag)
            _ = try await box.shell("echo later > f; echo x > later")
            fixture.driver.expectRestore(of: tag.sandbox, box.envelope, from: archive)
            // Asked twice it is done once.
            fixture.driver.expectRestore(of: tag.sandbox, box.envelope, from: archive)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let present = try await fixture.capture(tag)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            var next = fixture.newTag()
            next.sandbox = tag.sandbox
            let restored = try await fixture.create(from: archive, next)
            #expect(try await restored.shell("cat f; ls") == "saved\nf")
            #expect(try await fixture.create(from: present).shell("cat f later") == "later\nx")
            // Nothing is left of what was made ready, nor of the box that went.
            #expect(try await fixture.trashIsEmpty())
        }
    }

    @Test(arguments: Ground.allCases)
    func whatNobodyComesForGoesAway(_ ground: Ground) async throws {
        try await ground.withDirectory { path in
            try await LocalFixture.withDriver(at: path) { fixture in
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                _ = try await box.shell("echo saved > f")
                let archive = try await fixture.capture(tag)
                fixture.driver.expectRestore(of: tag.sandbox, box.envelope, from: archive)
                try await fixture.driver.stop(box.envelope, epoch: 1)
                // It was not restored: the same box is started again, over the same files.
                #expect(try await fixture.resume(tag, epoch: 1).shell("cat f; echo more >> f; cat f") == "saved\nsaved\nmore")
                #expect(try await fixture.trashIsEmpty())
                // Another sandbox takes nothing of what was made ready for this one.
                fixture.driver.expectRestore(of: tag.sandbox, box.envelope, from: archive)
                #expect(try await fixture.create(from: archive).shell("cat f") == "saved")
                // It has died meanwhile.
                let spare = await fixture.driver.replacements.find(tag.sandbox, from: archive.id)?.spare.value
                let successor = spare?.box
                #expect((successor != nil) == (ground == .btrfs))
                if let hold = try successor?.record.process?.hold() {
                    try hold.signal(SIGKILL)
                    #expect(try hold.waitForEnd(.seconds(10)) as Bool)
                }
                var next = fixture.newTag()
                next.sandbox = tag.sandbox
                #expect(try await fixture.create(from: archive, next).shell("cat f") == "saved")
                #expect(try fixture.record(next).process != successor?.record.process)
                try await eventually("nothing waits") { try fixture.poolDirectories().isEmpty }
            }
        }
    }

    @Test func aStartThrowsAwayWhatADeadProcessMadeReady() async throws {
        try await Ground.btrfs.withDriver { fixture in
            let tag = fixture.newTag()
            _ = try await fixture.create(tag)
            let archive = try await fixture.capture(tag)
            let spare = try #require(try fixture.driver.keeper.makeSpare(of: archive.id))
            #expect(try fixture.driver.keeper.recover().trash == [spare])
        }
    }
}
