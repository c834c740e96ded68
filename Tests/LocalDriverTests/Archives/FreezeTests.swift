import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct FreezeTests {
    @Test
    func whoeverDiesLeavesNothingFrozen() async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let fixture = try await LocalFixture(LocalFixture.configuration(at: path))
            let tag = fixture.newTag()
            _ = try await fixture.create(tag).shell("echo kept > f")
            let group = try #require(try fixture.record(tag).group)
            let freeze = try BoxFreeze(group, guard: fixture.configuration.daemonPath)
            guard try freeze.holds() else { return }
            kill(getpid(), SIGKILL)
            try freeze.thaw()
        }
        var configuration = try LocalFixture.configuration(at: path)
        let name = try #require(try HostFile.names(in: configuration.boxesDirectory)?.first)
        let record = try #require(try BoxDirectory(path: "\(configuration.boxesDirectory)/\(name)").readRecord())
        let group = try #require(record.group?.unified)
        try await eventuallyThawed(group)
        configuration.fleet = record.tag.fleet
        let keep = configuration
        try await LocalFixture.withDriver(at: path) {
            $0 = keep
        } _: { fixture in
            let box = try await fixture.resume(record.tag, epoch: 2)
            let text = try await box.shell("cat f")
            #expect(text == "kept")
        }
    }

    @Test
    func nobodyStandsStillForLong() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let group = try #require(try fixture.record(tag).group)
            let freeze = try BoxFreeze(
                group,
                guard: fixture.configuration.daemonPath,
                for: .milliseconds(300)
            )
            #expect(try freeze.holds())
            try await eventuallyThawed(try #require(group.unified))
            #expect(try !freeze.holds())
            try freeze.thaw()
            #expect(try await box.shell("echo well") == "well")
        }
    }

    /// Neither the one who froze nor its guard could thaw it.
    @Test
    func nextOwnerThaws() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            _ = try await fixture.create(tag)
            let group = try #require(try fixture.record(tag).group?.unified)
            try HostFile.write("\(group)/cgroup.freeze", "1".utf8)
            _ = try fixture.driver.keeper.recover()
            #expect(try HostFile.text("\(group)/cgroup.freeze") == "0\n")
            try HostFile.write("\(group)/cgroup.freeze", "1".utf8)
            #expect(try await fixture.resume(tag, epoch: 2).shell("echo well") == "well")
        }
    }

    private func eventuallyThawed(_ group: String) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try HostFile.text("\(group)/cgroup.freeze") != "0\n" {
            try #require(ContinuousClock.now < deadline, "still frozen")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
