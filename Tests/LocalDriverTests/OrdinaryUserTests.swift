import BoxClient
import BoxSession
import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// The same driver without root.
///
/// Each test runs in a process of its own, which becomes an ordinary user first.
@Suite(.serialized, .enabled(if: isRoot))
struct OrdinaryUserTests {
    /// A data directory that the ordinary user may write in.
    private static func ownDirectory() throws -> String {
        let path = try LocalFixture.temporaryDirectory()
        _ = try LocalFixture.configuration(at: path)
        try #require(chown(path, 65_534, 65_534) == 0)
        return path
    }

    @Test
    func boxesWorkWithoutRoot() async throws {
        let path = try Self.ownDirectory()
        await #expect(processExitsWith: .success) { [path = path as String] in
            try becomeOrdinary()
            try await LocalFixture.withDriver(at: path) {
                $0.processLimit = 40
            } _: { fixture in
                #expect(fixture.driver.keeper.capabilities.overlayObstacle == nil)
                let mounts = try LocalFixture.mounts()
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                #expect(try await box.shell("pwd; id -u; echo x > f; cat f") == "/workspace\n1000\nx")
                #expect(try await box.result("touch /usr/x").exit.code != 0)
                #expect(try await box.result("ls \(path)").exit.code != 0)
                #expect(try await box.result("unshare -U true").exit.code != 0)
                let status = try await box.shell(
                    "grep -E '^(CapEff|NoNew|Seccomp:)' /proc/self/status | tr -s '\\t' ' '"
                )
                #expect(status == "CapEff: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2")
                #expect(try await box.shell("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '") == "lo")

                // The process limit counts this box alone, although all boxes have one user.
                let flooded = try await fixture.create()
                let flood = "for i in $(seq 60); do sleep 20 & done; wait"
                #expect(try await flooded.result(flood).exit.code != 0)
                #expect(try await box.shell("echo unaffected") == "unaffected")
                try await fixture.driver.delete(flooded.envelope, epoch: 1)

                for resources in [Resources(memoryMb: 64), Resources(vcpus: 1), Resources(diskMb: 10)] {
                    let kind = await failure { _ = try await fixture.create(nil, SandboxSpec(resources: resources)) }
                    #expect(kind == .unsupported)
                }

                let process = try #require(try fixture.record(tag).process)
                _ = try await box.shell("mkdir d; touch d/f; chmod 0 d")
                try await fixture.driver.stop(box.envelope, epoch: 1)
                #expect(try process.hold() == nil)
                let again = try await fixture.resume(tag, epoch: 2)
                #expect(try await again.shell("cat f") == "x")
                try await fixture.driver.delete(again.envelope, epoch: 2)
                #expect(try await fixture.trashIsEmpty())
                #expect(try LocalFixture.mounts() == mounts)
            }
        }
        try FileTree.remove(path)
    }

    @Test
    func copiedRootStandsInForAnOverlay() async throws {
        let path = try Self.ownDirectory()
        await #expect(processExitsWith: .success) { [path = path as String] in
            try becomeOrdinary()
            var configuration = try LocalFixture.configuration(at: path)
            configuration.startTimeout = .seconds(10)
            var keeper = try BoxKeeper(configuration: configuration)
            keeper.capabilities.overlayObstacle = "refused for this test"
            try await checkCopiedRoot(keeper)
        }
        try FileTree.remove(path)
    }

    @Test
    func boxesWaitWithoutRoot() async throws {
        let path = try Self.ownDirectory()
        await #expect(processExitsWith: .success) { [path = path as String] in
            try becomeOrdinary()
            try await LocalFixture.withPool(2, at: path) { fixture in
                let waiting = Set(try fixture.boxPool.ready.compactMap(\.record.process))
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                #expect(waiting.contains(try #require(try fixture.record(tag).process)))
                #expect(try await box.shell("pwd; id -u; echo x > f; cat f") == "/workspace\n1000\nx")
                try await fixture.poolHas(2)
                try await fixture.driver.stop(box.envelope, epoch: 1)
                let again = try await fixture.resume(tag, epoch: 2)
                #expect(try await again.shell("cat f") == "x")
                try await fixture.driver.delete(again.envelope, epoch: 2)
                await fixture.driver.shutdown()
                #expect(try HostFile.names(in: fixture.configuration.poolDirectory) == [])
            }
        }
        try FileTree.remove(path)
    }

    @Test
    func copiedRootStandsInForAnOverlayOfRoot() async throws {
        let path = try LocalFixture.temporaryDirectory()
        var keeper = try BoxKeeper(configuration: LocalFixture.configuration(at: path))
        keeper.capabilities.overlayObstacle = "refused for this test"
        try await checkCopiedRoot(keeper)
        try FileTree.remove(path)
    }
}

private func checkCopiedRoot(_ keeper: BoxKeeper) async throws {
    let tag = BoxTag(
        fleet: keeper.configuration.fleet,
        sandbox: LocalFixture.newID(),
        box: LocalFixture.newID(),
        epoch: 1
    )
    let directory = try keeper.create(tag, SandboxSpec()).directory
    var box = try await connect(directory, tag)
    #expect(try await box.shell("echo x > f; id -un") == "sandbox")
    #expect(try await box.result("touch /usr/x").exit.code != 0)
    try keeper.stop(tag.box, epoch: 1)
    box = try await connect(try keeper.resume(tag.box, sandbox: tag.sandbox, epoch: 1).directory, tag)
    #expect(try await box.shell("cat f") == "x")
    #expect(try await box.shell("stat -f -c %T /") != "overlayfs")
    try keeper.stop(tag.box, epoch: 1)
    let archive: ArchiveID = LocalFixture.newID()
    _ = try keeper.capture(archive, of: tag.box, sandbox: tag.sandbox, epoch: 1)
    let fork = BoxTag(fleet: tag.fleet, sandbox: LocalFixture.newID(), box: LocalFixture.newID(), epoch: 1)
    box = try await connect(try keeper.create(fork, SandboxSpec(), from: archive).directory, fork)
    #expect(try await box.shell("cat f; echo y >> f; cat f; stat -f -c %T / | grep -c overlayfs || true") == "x\nx\ny\n0")
    let trash = try keeper.delete(tag.box, epoch: 1).trash + keeper.delete(fork.box, epoch: 1).trash + keeper.discard(archive)
    #expect(trash.count == 3)
    for path in trash { try FileTree.remove(path) }
    LocalFixture.removeGroups(of: keeper)
}

private func connect(_ directory: BoxDirectory, _ tag: BoxTag) async throws -> any Box {
    try await DaemonBox.connect(
        socket: directory.socket,
        envelope: Envelope(backendId: "local", sessionState: .init(providerState: [:], workspaceReady: true)),
        isFresh: true,
        sandbox: tag.sandbox,
        epoch: 1,
        environment: [:],
        loop: BoxLoop(),
        timeout: .seconds(10)
    )
}

/// Gives up root for good in the whole process.
private func becomeOrdinary() throws {
    try #require(setgroups(0, nil) == 0)
    try #require(setgid(65_534) == 0)
    try #require(setuid(65_534) == 0)
    // As after a login: a process that changed its user may otherwise not write its own files under /proc.
    try #require(makeDumpable() == 0)
    setenv("HOME", "/nonexistent", 1)
}

/// `prctl` takes a variable number of arguments, which Swift does not import.
private func makeDumpable() throws -> Int32 {
    typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    let setDumpable: Int32 = 4
    let symbol = try #require(dlsym(nil, "prctl"))
    return unsafeBitCast(symbol, to: Control.self)(setDumpable, 1, 0, 0, 0)
}
