import BoxClient
import Foundation
import NIOCore
import Testing

/// The daemon as keeper of a sandbox on a user's own machine.
@Suite struct KeeperTests {
    private static let keeper = ["--keeper", "--environment", "PATH=/usr/bin:/bin", "--environment", "COLOUR=blue"]

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "keeper-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory + "/inner", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    private func number(_ file: String, _ connection: BoxConnection) async throws -> Int32 {
        var number: Int32?
        try await eventually("\(file) is written") {
            guard let contents = try? await connection.readFile(file) else { return false }
            number = Int32(String(buffer: contents).trimmingCharacters(in: .whitespacesAndNewlines))
            return number != nil
        }
        return try #require(number)
    }

    @Test func programsStartWithTheGivenEnvironmentOnly() async throws {
        try await BoxFixture.with(options: Self.keeper + ["--environment", "HOME=/home/of"]) { box in
            let connection = try await box.connect()
            let command = BoxCommand.shell("pwd; env") { $0.environment = ["MORE": "1"] }
            let lines = String(buffer: try await connection.run(command).stdout).split(separator: "\n").map(String.init)
            #expect(lines.first == box.workspace)
            let names = Set(lines.dropFirst())
            #expect(names.isSuperset(of: ["COLOUR=blue", "HOME=/home/of", "MORE=1", "PATH=/usr/bin:/bin"]))
            let allowed = ["COLOUR", "HOME", "MORE", "PATH", "PWD", "OLDPWD", "SHLVL", "_", "SANDFLEET_EXEC"]
            #expect(names.allSatisfy { line in allowed.contains { line.hasPrefix($0 + "=") } })
        }
    }

    /// Has left session, parent and environment behind, all at once and before anybody could look.
    private static let vanish = """
        (env -i /usr/bin/setsid /bin/sh -c '
            (/usr/bin/setsid /bin/sh -c "trap \\"\\" TERM; echo \\$\\$ > $0; exec /bin/sleep 1000" &)' $0 &)
        """

    /// Beside others that stay.
    @Test func aKillReachesWhatHasLeftEverythingBehind() async throws {
        try await BoxFixture.with(options: Self.keeper) { box in
            let connection = try await box.connect()
            var commands: [BoxProcess] = []
            var escaped: [Int32] = []
            for index in 0..<3 {
                let script = Self.vanish.replacing("$0", with: "escaped\(index)") + "\nsleep 1000"
                commands.append(try await connection.start(.shell(script).detached))
                escaped.append(try await number("escaped\(index)", connection))
            }
            try await commands[1].kill(grace: .milliseconds(50))
            #expect(box.exists(escaped[0]) && !box.exists(escaped[1]) && box.exists(escaped[2]))
            #expect(box.exists(commands[0].process) && !box.exists(commands[1].process))
            // By its id, from another connection.
            let other = try await box.connect()
            #expect(try await other.kill(id: commands[0].id))
            #expect(!box.exists(escaped[0]) && box.exists(escaped[2]))
        }
    }

    @Test func aCloseEndsEverythingAndTheKeeper() async throws {
        try await BoxFixture.with(options: Self.keeper) { box in
            let old = try await box.connect(epoch: 1)
            let running = try await old.start(.shell("trap '' TERM; echo; sleep 1000; sleep 1000").detached)
            _ = try await running.nextEvent()
            // What nobody knows any more is still the keeper's.
            let finished = try await old.start(.shell(Self.vanish.replacing("$0", with: "escaped")).detached)
            let escaped = try await number("escaped", old)
            _ = try await finished.exit()
            finished.release()
            let new = try await box.connect(epoch: 2)
            await #expect(throws: BoxError(.staleEpoch)) { try await old.shutDown() }
            #expect(box.exists(escaped) && box.exists(running.process))
            try await new.shutDown(grace: .milliseconds(100))
            #expect(!box.exists(escaped) && !box.exists(running.process))
            var status: Int32 = -1
            #expect(waitpid(box.daemon, &status, 0) == box.daemon && status == 0)
        }
    }

    @Test func theEndOfItsStarterDoesNotTouchIt() async throws {
        try await BoxFixture.with(options: Self.keeper) { box in
            let connection = try await box.connect()
            let running = try await connection.start(.shell("sleep 1000").detached)
            kill(box.daemon, SIGHUP)
            kill(box.daemon, SIGINT)
            try await connection.ping()
            #expect(getsid(box.daemon) == box.daemon && box.exists(running.process))
            // A program hears them as ever.
            let heard = try await connection.start(.shell("kill -INT $$; sleep 1000"))
            #expect(try await heard.exit().signal == SIGINT)
            kill(box.daemon, SIGTERM)
            await connection.waitUntilClosed()
            var status: Int32 = -1
            #expect(waitpid(box.daemon, &status, 0) == box.daemon && status == 0)
            #expect(!box.exists(running.process))
        }
    }

    @Test func aKeeperThatWasStartedAgainRefusesOlderEpochs() async throws {
        try await withDirectory { directory in
            let options = Self.keeper + ["--fence", directory + "/fence"]
            try await BoxFixture.with(options: options, in: directory) { box in
                _ = try await box.connect(epoch: 7)
                let before = try FileManager.default.attributesOfItem(atPath: directory + "/fence")
                _ = try await box.connect(epoch: 7)
                let after = try FileManager.default.attributesOfItem(atPath: directory + "/fence")
                #expect(before[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
            }
            try await BoxFixture.with(options: options, in: directory) { box in
                await #expect(throws: BoxError(.staleEpoch)) { _ = try await box.connect(epoch: 6) }
                await #expect(throws: BoxError(.wrongSandbox)) { _ = try await box.connect(epoch: 8, sandbox: "other") }
                _ = try await box.connect(epoch: 8)
            }
            // One that has been damaged is not taken for one that allows everything.
            try Data("sandfleet-fence-1 8 sand".utf8).write(to: URL(fileURLWithPath: directory + "/fence"))
            try await BoxFixture.with(options: options, in: directory) { box in
                var status: Int32 = 0
                #expect(waitpid(box.daemon, &status, 0) == box.daemon && status == EBADMSG << 8)
            }
        }
    }

    @Test func anEpochThatCannotBeRememberedIsNotAdmitted() async throws {
        try await withDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory + "/state", withIntermediateDirectories: true)
            let options = Self.keeper + ["--fence", directory + "/state/fence"]
            try await BoxFixture.with(options: options, in: directory) { box in
                let old = try await box.connect(epoch: 1)
                try FileManager.default.removeItem(atPath: directory + "/state")
                await #expect(throws: BoxError(.notFound, errno: ENOENT)) { _ = try await box.connect(epoch: 2) }
                try await old.ping()
            }
        }
    }

    @Test func whatWasKilledBeforeItStartedDoesNotStart() async throws {
        try await BoxFixture.with(options: Self.keeper) { box in
            let connection = try await box.connect()
            let ended = BoxError(.processEnded)
            #expect(try await !connection.kill(id: "early"))
            await #expect(throws: ended) {
                _ = try await connection.start(BoxCommand(id: "early", arguments: ["true"]).detached)
            }
            // Repeated, a start finds what it has started.
            let command = BoxCommand(id: "twice", arguments: ["sh", "-c", "echo once; read line"]).detached
            let first = try await connection.startOrAttach(command)
            let again = try await connection.startOrAttach(command)
            #expect(!first.isAttached && again.isAttached && first.process.process == again.process.process)
            guard case .output(.stdout, let bytes, 0) = try await again.process.nextEvent() else {
                Issue.record("no output")
                return
            }
            #expect(String(buffer: bytes) == "once\n")
            _ = try await again.process.exit()
            again.process.release()
            // Also after everything about it has been stored and forgotten.
            await #expect(throws: ended) { _ = try await connection.startOrAttach(command) }
            // The oldest word is forgotten when there are too many.
            for number in 0..<9_998 {
                _ = try await connection.kill(id: "other \(number)")
            }
            await #expect(throws: ended) {
                _ = try await connection.start(BoxCommand(id: "early", arguments: ["true"]))
            }
            _ = try await connection.kill(id: "one more")
            let late = try await connection.start(BoxCommand(id: "early", arguments: ["true"]))
            #expect(try await late.exit().code == 0)
        }
    }

    @Test func noMoreDurableProcessesRunThanMay() async throws {
        try await BoxFixture.with(options: Self.keeper + ["--maximum-processes", "2"]) { box in
            let connection = try await box.connect()
            let one = try await connection.start(.shell("sleep 1000").detached)
            let two = try await connection.start(.shell("sleep 1000").detached)
            await #expect(throws: BoxError(.processLimit)) {
                _ = try await connection.start(.shell("sleep 1000").detached)
            }
            #expect(try await connection.startOrAttach(BoxCommand(id: two.id, arguments: ["true"]).detached).isAttached)
            try await one.kill()
            _ = try await one.exit()
            _ = try await connection.start(.shell("sleep 1000").detached)
        }
    }

    @Test func noProgramGetsMoreMemoryThanMay() async throws {
        let limit = 256 << 20
        try await BoxFixture.with(options: Self.keeper + ["--memory", "\(limit)"]) { box in
            let connection = try await box.connect()
            func limited(_ asked: UInt64?) async throws -> String {
                let command = BoxCommand.shell("ulimit -v") { $0.limits.addressSpace = asked }
                return String(buffer: try await connection.run(command).stdout)
            }
            #expect(try await limited(nil) == "\(limit >> 10)\n")
            #expect(try await limited(1 << 40) == "\(limit >> 10)\n")
            #expect(try await limited(64 << 20) == "\(64 << 10)\n")
        }
    }

    @Test func itStaysSmall() async throws {
        try await BoxFixture.with(options: Self.keeper) { box in
            let connection = try await box.connect()
            try await connection.ping()
            let rest = try box.ownMemory()
            for _ in 0..<10 {
                _ = try await connection.start(.shell("echo; sleep 1000").detached)
            }
            try await connection.ping()
            let busy = try box.ownMemory()
            print("a keeper's own memory: \(rest) KiB at rest, \(busy) KiB with 10 processes")
            #expect(rest <= 1024 && busy <= 1280)
        }
    }
}
