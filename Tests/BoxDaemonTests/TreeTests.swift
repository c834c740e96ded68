import BoxClient
import Foundation
import NIOCore
import Testing

@Suite struct TreeTests {
    /// Leaves its session and its parent behind, as daemons do, and ignores TERM.
    private static let escape = """
        setsid sh -c 'trap "" TERM; \
        (setsid sh -c "trap \\"\\" TERM; echo \\$\\$ > escaped; while :; do sleep 1; done" &)' &
        echo $$ > leader
        trap "" TERM
        while :; do sleep 1; done
        """

    private func process(_ file: String, _ connection: BoxConnection) async throws -> Int32 {
        var number: Int32?
        try await eventually("\(file) is written") {
            guard let contents = try? await connection.readFile(file) else { return false }
            number = Int32(String(buffer: contents).trimmingCharacters(in: .whitespacesAndNewlines))
            return number != nil
        }
        return try #require(number)
    }

    @Test func killReachesADaemonThatHasEscaped() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let running = try await connection.start(.shell(Self.escape))
            let escaped = try await process("escaped", connection)
            let leader = try await process("leader", connection)
            #expect(box.exists(escaped) && box.exists(leader))
            let begin = ContinuousClock.now
            try await running.kill(grace: .milliseconds(200))
            #expect(!box.exists(escaped) && !box.exists(leader))
            #expect(ContinuousClock.now - begin < .seconds(8))
            let exit = try await running.exit()
            #expect(exit.signal == SIGKILL && !exit.timedOut)
        }
    }

    @Test func aDaemonOfAFinishedCommandCanStillBeKilled() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let running = try await connection.start(
                .shell("setsid sh -c 'echo $$ > daemon; exec sleep 1000' >/dev/null 2>&1 &")
            )
            _ = try await running.exit()
            let daemon = try await process("daemon", connection)
            #expect(box.exists(daemon))
            try await running.kill()
            #expect(!box.exists(daemon))
        }
    }

    @Test func aCommandWithoutItsTimeIsKilledAndSaysSo() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let begin = ContinuousClock.now
            let run = try await connection.run(
                .shell("echo before; " + Self.escape) {
                    $0.timeout = .milliseconds(400)
                    $0.grace = .milliseconds(100)
                }
            )
            #expect(run.exit.timedOut && run.exit.signal == SIGKILL)
            #expect(String(buffer: run.stdout) == "before\n")
            // Not at the end of what the output is waited for.
            #expect(ContinuousClock.now - begin < .seconds(8))
            let escaped = try await process("escaped", connection)
            try await eventually("the escaped process is dead") { !box.exists(escaped) }
        }
    }

    @Test func cancellingARunKillsItsTree() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let task = Task { try await connection.run(.shell(Self.escape)) }
            let escaped = try await process("escaped", connection)
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            try await eventually("the tree is dead") { !box.exists(escaped) }
            try await eventually("nothing is remembered") { try await connection.processes().isEmpty }
        }
    }

    @Test func signalsReachTheGroup() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let running = try await connection.start(
                .shell("trap 'echo got; exit 9' USR1; echo ready; while :; do sleep 0.05; done")
            )
            _ = try await running.nextEvent()
            try await running.signal(SIGUSR1)
            var said = ""
            while true {
                switch try await running.nextEvent() {
                case .output(.stdout, let bytes, _): said += String(buffer: bytes)
                // The shell may tell that its sleep, which is in the group too, was killed.
                case .output(.stderr, _, _): continue
                case .exited(let exit):
                    #expect(said == "got\n" && exit.code == 9)
                    await #expect(throws: BoxError(.processEnded)) { try await running.signal(SIGUSR1) }
                    return
                }
            }
        }
    }

    @Test func stoppedProcessesDieToo() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let running = try await connection.start(.shell("echo; kill -STOP $$"))
            _ = try await running.nextEvent()
            try await running.kill(grace: .milliseconds(500))
            let exit = try await running.exit()
            #expect(exit.signal == SIGTERM)
        }
    }

    @Test(.enabled(if: FileManager.default.isWritableFile(atPath: CgroupFixture.root)))
    func aCgroupHoldsWhoeverClearsItsEnvironment() async throws {
        try await CgroupFixture.with { cgroup in
            try await BoxFixture.with(cgroup: cgroup) { box in
                let connection = try await box.connect()
                let script = "(env -i setsid sh -c 'echo $$ > escaped; exec sleep 1000' &) ; sleep 1000"
                let running = try await connection.start(.shell(script))
                let escaped = try await process("escaped", connection)
                try await running.kill()
                #expect(!box.exists(escaped))
                _ = try await running.exit()
                let run = try await connection.run(.shell("exit 3"))
                #expect(run.exit.code == 3)
                await #expect(throws: BoxError(.commandNotFound, errno: ENOENT)) {
                    _ = try await connection.run(.program("nope"))
                }
            }
        }
    }
}

/// A cgroup2 directory of a test's own.
enum CgroupFixture {
    static var root: String {
        FileManager.default.fileExists(atPath: "/sys/fs/cgroup/unified/cgroup.procs")
            ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup"
    }

    static func with(_ body: (String) async throws -> Void) async throws {
        let path = "\(root)/boxd-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { rmdir(path) }
        try await body(path)
    }
}
