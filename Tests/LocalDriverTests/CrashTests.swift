import FleetTesting
import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct CrashTests {
    @Test
    func boxOutlivesAKilledWorker() async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let fixture = try await LocalFixture(LocalFixture.configuration(at: path))
            let box = try await fixture.create(CrashTests.tag(fixture))
            _ = try await box.shell("echo before > f; (setsid sleep 1000 &) ; true")
            kill(getpid(), SIGKILL)
        }
        var configuration = try LocalFixture.configuration(at: path)
        try await adoptFleet(&configuration)
        let keep = configuration
        try await LocalFixture.withDriver(at: path) {
            $0 = keep
        } _: { fixture in
            let listing = try #require(try await fixture.driver.list().first)
            #expect(listing.isRunning)
            let tag = try #require(listing.tag)
            let process = try fixture.record(tag).process
            let box = try await fixture.resume(tag, epoch: 2)
            #expect(try await box.shell("cat f; pgrep -c sleep") == "before\n1")
            #expect(try fixture.record(tag).process == process)
            let user = try fixture.record(tag).user
            try await fixture.driver.stop(box.envelope, epoch: 2)
            // No stop waits for bubblewrap, which takes the mounts down.
            try await eventually("nothing of it runs") { try processes(of: user).isEmpty }
        }
    }

    /// The worker dies after bubblewrap has made the box's process and before it was recorded as running.
    @Test
    func launchCutShortIsDiscarded() async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let keeper = try BoxKeeper(configuration: LocalFixture.configuration(at: path))
            try CrashTests.launchAndDie(keeper, state: .creating)
        }
        try await expectNothingRuns(after: path) { (fixture) async throws in
            let boxes = try await fixture.driver.list()
            #expect(boxes.isEmpty)
            #expect(try await fixture.trashIsEmpty())
        }
    }

    /// The same for a box that has files already: they stay.
    @Test
    func restartCutShortKeepsTheFiles() async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let keeper = try BoxKeeper(configuration: LocalFixture.configuration(at: path))
            try CrashTests.launchAndDie(keeper, state: .starting)
        }
        try await expectNothingRuns(after: path) { fixture in
            let tag = try #require(try await fixture.driver.list().first?.tag)
            #expect(try fixture.record(tag).state == .stopped)
            let box = try await fixture.resume(tag, epoch: 1)
            #expect(try await box.shell("cat f") == "kept")
        }
    }

    /// Linux kills what is born into another group from one that was killed itself.
    @Test
    func workerInAKilledGroupStillMakesBoxes() async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .success) { [path = path as String] in
            try await LocalFixture.withDriver(at: path) { fixture in
                guard let unified = fixture.driver.keeper.capabilities.groups.unified else { return }
                let killed = "\(unified)/worker"
                let home = unified.split(separator: "/").dropLast().joined(separator: "/")
                try HostFile.makeDirectory(killed)
                try HostFile.write("\(killed)/cgroup.kill", "1".utf8)
                try HostFile.write("\(killed)/cgroup.procs", "\(getpid())".utf8)
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                #expect(try await box.shell("echo alive") == "alive")
                let group = try #require(try fixture.record(tag).group?.unified)
                let members = try #require(try HostFile.text("\(group)/cgroup.procs"))
                #expect(members.split(separator: "\n").count == 2)
                try HostFile.write("/\(home)/cgroup.procs", "\(getpid())".utf8)
                try #require(rmdir(killed) == 0)
            }
        }
        try? FileTree.remove(path)
    }

    static func tag(_ fixture: LocalFixture) -> BoxTag { fixture.newTag() }

    /// What `BoxKeeper.start` does, up to the moment of death.
    static func launchAndDie(_ keeper: BoxKeeper, state: LocalBoxRecord.State) throws {
        let tag = BoxTag(
            fleet: keeper.configuration.fleet,
            sandbox: LocalFixture.newID(),
            box: LocalFixture.newID(),
            epoch: 1
        )
        let directory = try keeper.create(tag, SandboxSpec()).directory
        try HostFile.write("\(directory.upper)/workspace/f", "kept\n".utf8, flags: O_CREAT, mode: 0o644)
        try keeper.stop(tag.box, epoch: 1).remains?.clear()
        var record = try #require(try directory.readRecord())
        record.state = state
        try directory.write(record)
        let group = try BoxGroup.make(named: "\(tag.box)", limits: record.limits, in: keeper.capabilities.groups)
        let plan = LaunchPlan(
            directory: directory,
            image: try keeper.images.resolve(nil),
            networkPolicy: .none,
            user: record.user,
            isRoot: true,
            usesOverlay: true,
            daemonPath: keeper.configuration.daemonPath,
            bubblewrapPath: keeper.configuration.bubblewrapPath
        )
        _ = try keeper.launcher.start(plan, group: group) { _ throws(DriverError) in
            kill(getpid(), SIGKILL)
        }
    }

    /// A configuration of the fleet whose boxes lie in the data directory already.
    private func adoptFleet(_ configuration: inout LocalConfiguration) async throws {
        let names = try #require(try HostFile.names(in: configuration.boxesDirectory))
        let name = try #require(names.first)
        let record = try BoxDirectory(path: "\(configuration.boxesDirectory)/\(name)").readRecord()
        configuration.fleet = try #require(record).tag.fleet
    }

    private func expectNothingRuns(after path: String, _ body: (LocalFixture) async throws -> Void) async throws {
        var configuration = try LocalFixture.configuration(at: path)
        try await adoptFleet(&configuration)
        let keep = configuration
        let name = try #require(try HostFile.names(in: keep.boxesDirectory)?.first)
        let directory = BoxDirectory(path: "\(keep.boxesDirectory)/\(name)")
        let record = try #require(try directory.readRecord())
        let born = try #require(try HostFile.text(directory.birth).flatMap { ProcessIdentity.parse($0) })
        #expect(try ProcessIdentity.of(pid: born.pid) != nil, "bubblewrap should still be there to be found")
        try await LocalFixture.withDriver(at: path) {
            $0 = keep
        } _: { fixture in
            #expect(try processes(of: record.user).isEmpty)
            try await body(fixture)
        }
    }
}
