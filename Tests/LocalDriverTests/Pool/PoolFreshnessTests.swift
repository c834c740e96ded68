import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// A box that has waited, and one that was made for the purpose, told apart by whoever can.
@Suite(.serialized, .enabled(if: isRoot))
struct PoolFreshnessTests {
    /// Two boxes of one driver, of which the first has waited.
    private struct Pair {
        var fixture: LocalFixture
        var waited: (tag: BoxTag, box: any Box)
        var made: (tag: BoxTag, box: any Box)
    }

    private func withPair(
        _ adjust: (inout LocalConfiguration) -> Void = { _ in },
        _ body: (Pair) async throws -> Void
    ) async throws {
        try await LocalFixture.withPool(1, adjust) { fixture in
            let waiting = try #require(try fixture.boxPool.ready.first).record.process
            let tags = [fixture.newTag(), fixture.newTag()]
            let waited = try await fixture.create(tags[0], environment: ["GIVEN": "value"])
            #expect(try fixture.record(tags[0]).process == waiting)
            _ = try fixture.driver.keeper.create(tags[1], SandboxSpec())
            let made = try await fixture.driver.resume(
                BoxResumption(
                    envelope: fixture.envelope(tags[1].box.rawValue),
                    sandbox: tags[1].sandbox,
                    epoch: 1,
                    spec: SandboxSpec(),
                    environment: ["GIVEN": "value"]
                )
            )
            try await body(Pair(fixture: fixture, waited: (tags[0], waited), made: (tags[1], made)))
        }
    }

    @Test func nothingInsideTellsThemApart() async throws {
        try await withPair { pair in
            try await BoxViews.expectSame(pair.waited.box, pair.made.box)
        }
    }

    @Test func limitsAreThoseOfEveryBox() async throws {
        try await withPair {
            $0.defaultMemoryMb = 96
            $0.defaultVcpus = 0.5
            $0.processLimit = 77
        } _: { pair in
            try await BoxViews.expectSame(pair.waited.box, pair.made.box)
            let (waited, made) = (try pair.fixture.record(pair.waited.tag), try pair.fixture.record(pair.made.tag))
            let groups = (try #require(waited.group), try #require(made.group))
            #expect(groups.0.directories.count == groups.1.directories.count)
            for (one, other) in zip(groups.0.directories, groups.1.directories) {
                let owner = (HostFile.status(one)?.st_uid, HostFile.status(other)?.st_uid)
                #expect(owner.0 == (owner.1 == made.user ? waited.user : owner.1))
                for control in [
                    "pids.max", "memory.max", "memory.swap.max", "memory.limit_in_bytes", "cpu.max", "cpu.cfs_quota_us",
                    "cgroup.max.depth", "cgroup.max.descendants", "cgroup.subtree_control", "cgroup.freeze",
                ] {
                    let values = (try HostFile.text("\(one)/\(control)"), try HostFile.text("\(other)/\(control)"))
                    #expect(values.0 == values.1, "\(control)")
                }
            }
            let flood = "for i in $(seq 90); do sleep 20 & done; wait"
            #expect(try await pair.waited.box.result(flood).exit.code != 0)
            let allocation = "exec python3 -c 'x=bytearray(200<<20)'"
            #expect(try await pair.waited.box.result(allocation).exit.signal == SIGKILL)
            #expect(try await pair.waited.box.shell("echo alive") == "alive")
        }
    }

    @Test func nothingOutsideTellsThemApart() async throws {
        try await withPair { pair in
            let (waited, made) = (try pair.fixture.record(pair.waited.tag), try pair.fixture.record(pair.made.tag))
            var like = waited
            like.tag = made.tag
            like.user = made.user
            like.group = made.group
            like.process = made.process
            #expect(like == made)
            #expect(waited.user != made.user && waited.process != made.process && waited.group != made.group)

            let folders = [pair.waited.tag, pair.made.tag].map { pair.fixture.driver.keeper.directory($0.box) }
            let names = try folders.map { try (HostFile.names(in: $0.path) ?? []).sorted() }
            #expect(names[0] == names[1])
            for name in names[0] {
                let (one, other) = (HostFile.status("\(folders[0].path)/\(name)"), HostFile.status("\(folders[1].path)/\(name)"))
                #expect(one?.st_mode == other?.st_mode && one?.st_uid == other?.st_uid, "\(name)")
            }
            let users = try #require(pair.fixture.driver.keeper.users)
            #expect(HostFile.linkTarget("\(users.directory)/\(waited.user)") == folders[0].path)

            for namespace in ["pid", "mnt", "user", "ipc", "uts", "cgroup", "net"] {
                let read = "readlink /proc/self/ns/\(namespace)"
                let names = Set([
                    try await pair.waited.box.shell(read), try await pair.made.box.shell(read),
                    HostFile.linkTarget("/proc/self/ns/\(namespace)") ?? "",
                ])
                #expect(names.count == 3, "\(namespace) is shared")
            }
        }
    }

    /// What a box may write looks as old as the sandbox, and not as the box.
    @Test func timesAreTheSandboxs() async throws {
        try await LocalFixture.withPool(1) { fixture in
            let waiting = try #require(try fixture.boxPool.ready.first)
            let old = try #require(HostFile.status("\(waiting.directory.upper)/workspace")).st_mtim
            // Until the clock that files get their times from has gone on.
            var began = old
            while began.tv_sec == old.tv_sec, began.tv_nsec == old.tv_nsec { clock_gettime(CLOCK_REALTIME_COARSE, &began) }
            let box = try await fixture.create()
            let stat = "stat -c '%n %.9Y %.9Z' / /home /home/sandbox /run /tmp /workspace"
            for line in try await box.shell(stat).split(separator: "\n") {
                let words = line.split(separator: " ")
                try #require(words.count == 3)
                for word in words.dropFirst() {
                    let parts = word.split(separator: ".").compactMap { Int($0) }
                    try #require(parts.count == 2)
                    #expect((parts[0], parts[1]) >= (began.tv_sec, began.tv_nsec), "\(line)")
                }
            }
        }
    }

    /// The daemon is bound by the first owner that greets it, as a new one is.
    @Test func fenceIsTheSandboxs() async throws {
        try await LocalFixture.withPool(1) { fixture in
            var tag = fixture.newTag()
            tag.epoch = 7
            let box = try await fixture.create(tag)
            #expect(try await box.shell("echo mine") == "mine")
            #expect(await failure { _ = try await fixture.resume(tag, epoch: 6) } == .conflict)
            let other = BoxTag(fleet: tag.fleet, sandbox: LocalFixture.newID(), box: tag.box, epoch: 8)
            #expect(await failure { _ = try await fixture.resume(other, epoch: 8) } == .conflict)
            let again = try await fixture.resume(tag, epoch: 8)
            #expect(try await again.shell("echo mine") == "mine")
            #expect(await failure { _ = try await box.shell("echo stale") } == .conflict)
        }
    }
}
