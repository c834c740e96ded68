import FleetTesting
import Glibc
import Model
import NIOCore
import ProviderKit
import Testing

@testable import LocalDriver

/// Each process tree of a box has a control group, which nobody in the box can reach.
@Suite(.serialized, .enabled(if: isRoot))
struct GroupTests {
    /// A daemon without parent, session and environment, which ignores TERM.
    private static let escape = "env -i setsid sh -c 'trap \"\" TERM; echo $$ > escaped; while :; do sleep 1; done' &"

    private func command(_ script: String, timeout: Duration? = nil) -> BoxCommand {
        let id: ProcessID = LocalFixture.newID()
        return BoxCommand(id: id.rawValue, arguments: ["sh", "-c", script], timeout: timeout, isDurable: true)
    }

    private func escapes(_ box: any Box) async throws {
        let wait = "until [ -s escaped ]; do sleep 0.01; done; kill -0 $(cat escaped)"
        #expect(try await box.result(wait).exit.code == 0, "the daemon should be there before it is killed")
    }

    private func isDead(_ box: any Box) async throws {
        // A dead one may have to be reaped yet.
        let check = "for i in $(seq 100); do kill -0 $(cat escaped) 2>/dev/null || exit 0; sleep 0.01; done; exit 1"
        #expect(try await box.result(check).exit.code == 0, "the daemon has survived")
    }

    @Test func whoeverEscapesIsKilled() async throws {
        try await LocalFixture.withDriver { fixture in
            try #require(fixture.driver.keeper.capabilities.delegatesGroups)
            let box = try await fixture.create()
            let process = try await box.start(command("\(Self.escape) sleep 1000"))
            try await escapes(box)
            try await process.kill(grace: .milliseconds(50))
            try await isDead(box)
            let exit = try await process.collect().exit
            #expect(exit.signal == SIGTERM && !exit.timedOut && !exit.outputOpen)
        }
    }

    @Test func whoeverEscapesATimeoutIsKilledBeforeItIsTold() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create()
            let process = try await box.start(command("\(Self.escape) sleep 1000", timeout: .seconds(4)))
            try await escapes(box)
            let exit = try await process.collect().exit
            #expect(exit.timedOut && exit.signal == SIGTERM)
            try await isDead(box)
        }
    }

    @Test func daemonsOfWhatHasEndedCanBeSignalledAndKilled() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create()
            let daemon = "env -i setsid sh -c 'trap \"echo > told\" USR1; echo $$ > escaped; while :; do sleep 0.01; done'"
            let process = try await box.start(command("\(daemon) >/dev/null 2>&1 </dev/null &"))
            try await escapes(box)
            while let event = try await process.next() {
                if case .exited(let exit) = event { #expect(exit.code == 0 && !exit.outputOpen) }
            }
            try await process.signal(SIGUSR1)
            #expect(try await box.result("until [ -e told ]; do sleep 0.01; done").exit.code == 0)
            try await process.kill(grace: .zero)
            try await isDead(box)
            // Nothing of it is left, and what comes next gets other groups.
            #expect(await failure { try await process.signal(SIGUSR1) } == .processEnded)
            try await process.kill(grace: .zero)
            #expect(try await box.shell("echo well") == "well")
        }
    }

    @Test func aSignalReachesEveryMemberAndNobodyElse() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create()
            let script = """
                trap 'echo leader' USR1
                env -i setsid sh -c 'trap "echo child; exit" USR1; echo ready; while :; do sleep 0.01; done' &
                until wait; do :; done
                """
            let other = try await box.start(command("trap 'echo hit' USR1; echo ready; until read x; do :; done"))
            let process = try await box.start(command(script))
            for started in [process, other] {
                guard case .stdout = try await started.next() else {
                    Issue.record("no output")
                    return
                }
            }
            try await process.signal(SIGUSR1)
            let result = try await process.collect()
            #expect(Set(String(buffer: result.stdout).split(separator: "\n")) == ["leader", "child"])
            try await other.kill(grace: .zero)
            #expect(try await other.collect().stdout.readableBytes == 0)
        }
    }

    @Test func groupsAreUsedAgainAndGoWithTheBox() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let group = try #require(try fixture.record(tag).group?.unified)
            for _ in 0..<200 {
                _ = try await box.shell("true")
            }
            func children() throws -> Int {
                try #require(try HostFile.names(in: group))
                    .filter {
                        HostFile.status("\(group)/\($0)")?.isDirectory == true
                    }
                    .count
            }
            // One for each of those that overlap; the exit of one may be told before the next one starts.
            #expect(try children() <= 3)
            _ = try await box.shell("for i in $(seq 30); do (setsid sleep 1000 &) ; done")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<40 { tasks.addTask { _ = try await box.shell("sleep 0.2") } }
                try await tasks.waitForAll()
            }
            for _ in 0..<50 { _ = try await box.shell("true") }
            #expect(try children() <= 16 + 3)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            // Nobody waits for its end who deletes a box.
            try await eventually("the group is removed") { HostFile.status(group) == nil }
        }
    }

    @Test func nobodyInTheBoxReachesAGroup() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let group = try #require(try fixture.record(tag).group?.unified)
            #expect(try await box.result("test -e /sys/fs/cgroup").exit.code == 1)
            #expect(try await box.result("grep cgroup /proc/self/mountinfo").exit.code == 1)
            // Its number, and nothing of the host's names.
            let own = try await box.shell("grep ^0: /proc/self/cgroup")
            #expect(own.hasPrefix("0::/") && Int(own.dropFirst(4)) != nil, "\(own)")
            for secret in ["fd", "root", "cwd", "exe", "map_files", "environ", "mem"] {
                #expect(try await box.result("ls -l /proc/1/\(secret)/ || cat /proc/1/\(secret)").exit.code != 0)
            }
            #if arch(x86_64)
            let take = """
                python3 -c "
                import ctypes, errno
                libc = ctypes.CDLL(None, use_errno=True)
                first = libc.syscall(434, 1, 0)
                print(first >= 0, {errno.errorcode[ctypes.get_errno()] for n in range(64) if libc.syscall(438, first, n, 0) < 0})
                print(libc.ptrace(16, 1, 0, 0), errno.errorcode[ctypes.get_errno()])"
                """
            #expect(try await box.shell(take) == "True {'EPERM'}\n-1 EPERM")
            #endif
            #expect(try await box.shell("ls /proc/self/fd | tr '\\n' ' '") == "0 1 2 3 ")
            // What the box's user may write is the making of groups, and no limit.
            let user = try fixture.record(tag).user
            var writable: Set<String> = []
            for name in try #require(try HostFile.names(in: group)) {
                let status = try #require(HostFile.status("\(group)/\(name)"))
                if status.st_uid == user, !status.isDirectory { writable.insert(name) }
            }
            #expect(writable == ["cgroup.procs"])
        }
    }

    /// The filter on system calls cannot see what `clone3` is asked for.
    @Test
    func clone3MakesNoNamespace() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create()
            let script = """
                python3 -c "
                import ctypes, errno, os, signal, struct
                libc = ctypes.CDLL(None, use_errno=True)
                def clone(flags):
                    arguments = struct.pack('11Q', flags, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
                    child = libc.syscall(435, arguments, len(arguments))
                    if child == 0: os._exit(0)
                    if child > 0: os.waitpid(child, 0); return 'made'
                    return errno.errorcode[ctypes.get_errno()]
                names = {'user': 0x10000000, 'mnt': 0x20000, 'cgroup': 0x2000000, 'uts': 0x4000000, 'ipc': 0x8000000,
                    'pid': 0x20000000, 'net': 0x40000000, 'time': 0x80}
                for name, flag in names.items(): print(name, clone(flag), clone(flag | 0x10000000))
                print('none', clone(0))"
                """
            let answers = try await box.shell(script).split(separator: "\n").map { $0.split(separator: " ") }
            #expect(answers.count == 9)
            for answer in answers.dropLast() {
                #expect(answer.dropFirst().allSatisfy { ["EPERM", "ENOSPC"].contains($0) }, "\(answer)")
            }
            #expect(answers.last == ["none", "made"])
        }
    }
}
