import CLinux
import Glibc
import Logging
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct LifecycleTests {
    @Test
    func filesOutliveProcesses() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell(
                "echo one > /workspace/f; echo two > /tmp/g; (sleep 1000 &) ; rm /etc/hosts || true"
            )
            let before = try fixture.record(tag)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            await box.waitUntilClosed()
            #expect(try await fixture.driver.list().map(\.isRunning) == [false])
            #expect(try #require(before.process).hold() == nil)

            let again = try await fixture.resume(tag, epoch: 2)
            #expect(try await again.shell("cat /workspace/f /tmp/g; pgrep -c sleep || true") == "one\ntwo\n0")
            #expect(try fixture.record(tag).user == before.user)
            #expect(try await fixture.driver.list().first?.tag?.epoch == 2)
        }
    }

    @Test
    func deleteLeavesNothing() async throws {
        try await LocalFixture.withDriver { fixture in
            let mounts = try LocalFixture.mounts()
            let tag = fixture.newTag()
            let spec = SandboxSpec(resources: Resources(vcpus: 1, memoryMb: 128))
            let box = try await fixture.create(tag, spec)
            _ = try await box.shell("mkdir -p d/e; touch d/e/f; chmod 0 d; (setsid sleep 1000 &)")
            #expect(try LocalFixture.mounts() == mounts)
            let record = try fixture.record(tag)
            let group = try #require(record.group)
            #expect(!group.legacy.isEmpty || group.unified != nil)

            try await fixture.driver.delete(box.envelope, epoch: 1)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            let boxes = try await fixture.driver.list()
            #expect(boxes.isEmpty)
            #expect(try await fixture.trashIsEmpty())
            #expect(HostFile.status(fixture.driver.keeper.directory(tag.box).path) == nil)
            for directory in group.legacy + [group.unified].compactMap(\.self) {
                #expect(HostFile.status(directory) == nil)
            }
            #expect(try processes(of: record.user).isEmpty)
            // Not even remains: bubblewrap reaps the first process, and we bubblewrap.
            #expect(HostFile.status("/proc/\(try #require(record.process).pid)") == nil)
            #expect(try HostFile.names(in: fixture.configuration.userRegistry)?.contains("\(record.user)") == false)
            #expect(try LocalFixture.mounts() == mounts)
            #expect(await failure { _ = try await fixture.resume(tag, epoch: 2) } == .gone)
        }
    }

    @Test
    func onlyProofIsGone() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            _ = try await fixture.create(tag)
            let elsewhere: BoxID = LocalFixture.newID()
            let kind = await failure {
                _ = try await fixture.resume(fixture.newTag(), epoch: 1, placement: elsewhere.rawValue)
            }
            #expect(kind == .placementOffline)
            #expect(await failure { _ = try await fixture.resume(fixture.newTag(), epoch: 1) } == .gone)

            // A record that cannot be read proves nothing.
            let directory = fixture.driver.keeper.directory(tag.box)
            let bytes = try #require(try HostFile.read(directory.record))
            try HostFile.replace(directory.record, with: "{".utf8)
            #expect(await failure { _ = try await fixture.resume(tag, epoch: 1) } == .transient)
            #expect(try await fixture.driver.list().map(\.tag) == [nil])
            // Not even that an image's layer is nobody's.
            let layer = "\(fixture.configuration.layerDirectory)/base-of-some-box"
            try HostFile.makeDirectory(layer)
            #expect(try fixture.driver.keeper.recover().unreadable == [tag.box.rawValue])
            #expect(HostFile.status(layer) != nil)
            try HostFile.replace(directory.record, with: bytes)
            _ = try fixture.driver.keeper.recover()
            #expect(HostFile.status(layer) == nil)
            _ = try await fixture.resume(tag, epoch: 1)
        }
    }

    @Test
    func olderEpochsAreRefused() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let old = try await fixture.create(tag)
            let new = try await fixture.resume(tag, epoch: 5)
            #expect(await failure { _ = try await fixture.resume(tag, epoch: 4) } == .conflict)
            #expect(await failure { try await fixture.driver.stop(new.envelope, epoch: 4) } == .conflict)
            #expect(await failure { try await fixture.driver.delete(new.envelope, epoch: 4) } == .conflict)
            #expect(await failure { _ = try await old.shell("echo still here") } != nil)
            #expect(try await new.shell("echo mine") == "mine")
        }
    }

    @Test
    func creatingTwiceMakesOneBox() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let first = try await fixture.create(tag)
            _ = try await first.shell("touch mark")
            let process = try fixture.record(tag).process
            let second = try await fixture.create(tag)
            #expect(try await second.shell("ls") == "mark")
            #expect(try fixture.record(tag).process == process)

            var foreign = tag
            foreign.sandbox = LocalFixture.newID()
            #expect(await failure { _ = try await fixture.create(foreign) } == .conflict)

            // At the same moment, from two drivers: one launches, the other is told to come again or finds the box.
            let rival = try await LocalFixture(fixture.configuration)
            let contested = fixture.newTag()
            let outcomes = await withTaskGroup(of: DriverError.Kind?.self) { group in
                for contender in [fixture, rival, fixture, rival] {
                    group.addTask { await failure { _ = try await contender.create(contested) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.contains(nil))
            #expect(outcomes.allSatisfy { $0 == nil || $0 == .conflict })
            #expect(try processes(of: try fixture.record(contested).user).filter { $0 == "boxd" }.count == 1)
            await rival.driver.shutdown()
        }
    }

    @Test
    func deadBoxIsStartedOverItsFiles() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo kept > f")
            let process = try #require(try fixture.record(tag).process)
            // As after a reboot: the record says running, the process is not there.
            kill(process.pid, SIGKILL)
            await box.waitUntilClosed()
            let again = try await fixture.resume(tag, epoch: 1)
            #expect(try await again.shell("cat f") == "kept")
            #expect(try fixture.record(tag).process != process)
        }
    }

    @Test
    func fiftyBoxesAtOnce() async throws {
        try await LocalFixture.withDriver { fixture in
            let mounts = try LocalFixture.mounts()
            let tags = (0..<50).map { _ in fixture.newTag() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for tag in tags {
                    group.addTask {
                        let box = try await fixture.create(tag)
                        #expect(try await box.shell("echo \(tag.box) > id; cat id") == tag.box.rawValue)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try LocalFixture.mounts() == mounts)
            #expect(Set(try tags.map { try fixture.record($0).user }).count == 50)
            #expect(try await fixture.driver.list().filter(\.isRunning).count == 50)
        }
    }

    /// All of them try at their start what a launch does.
    @Test
    func severalWorkersOfOneHostStartTogether() async throws {
        let path = try LocalFixture.temporaryDirectory()
        let configuration = try LocalFixture.configuration(at: path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let driver = try await LocalDriver.start(configuration, logger: Logger(label: "test"))
                    await driver.shutdown()
                }
            }
            try await group.waitForAll()
        }
        let left = try HostFile.names(in: configuration.dataDirectory) ?? []
        #expect(!left.contains { $0.hasPrefix("probe") }, "\(left)")
        try FileTree.remove(path)
    }
}

/// The names of the live processes of a host user.
func processes(of user: UInt32) throws -> [String] {
    try (HostFile.names(in: "/proc") ?? []).compactMap { Int32($0) }
        .compactMap { pid in
            guard HostFile.status("/proc/\(pid)/ns")?.st_uid != nil,
                let status = try HostFile.text("/proc/\(pid)/status"),
                status.contains("\nUid:\t\(user)\t"), !status.contains("\nState:\tZ")
            else { return nil }
            return try HostFile.text("/proc/\(pid)/comm")?.split(separator: "\n").first.map(String.init)
        }
}
