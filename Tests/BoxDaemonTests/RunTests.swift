import BoxClient
import Foundation
import NIOCore
import Testing

@Suite struct RunTests {
    @Test(arguments: BoxSetting.available)
    func aCommandGetsItsArgumentsEnvironmentDirectoryAndInput(setting: BoxSetting) async throws {
        try await BoxFixture.with(setting) { box in
            let connection = try await box.connect()
            try await connection.makeDirectory("sub dir")
            var command = BoxCommand.shell("printf '%s|%s|%s|' \"$GREETING\" \"$1\" \"$HOME\"; pwd; cat; echo no >&2")
            command.arguments += ["sh", "a  b"]
            command.environment = ["GREETING": "hi \u{e9}"]
            command.workingDirectory = "sub dir"
            command.input = .bytes(ByteBuffer(string: "from stdin\n"))
            let run = try await connection.run(command)
            let expected = "hi \u{e9}|a  b|\(box.workspace)|\(box.workspace)/sub dir\nfrom stdin\n"
            #expect(String(buffer: run.stdout) == expected)
            #expect(String(buffer: run.stderr) == "no\n")
            #expect(run.exit.code == 0 && run.exit.signal == nil)
            #expect(!run.exit.outputOpen && !run.exit.timedOut)
        }
    }

    @Test func theEndComesFromTheWaitStatus() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let code = try await connection.run(.shell("exit 7")).exit
            #expect(code.code == 7 && code.signal == nil)
            let signal = try await connection.run(.shell("kill -SEGV $$")).exit
            #expect(signal.code == nil && signal.signal == SIGSEGV)
        }
    }

    @Test func whatCannotStartSaysWhy() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            try await connection.writeFile("plain", ByteBuffer(string: "#!/bin/sh\n"), mode: 0o644)
            let cases: [(BoxError.Code, Int32, BoxCommand)] = [
                (.commandNotFound, ENOENT, .program("no-such-program")),
                (.commandNotFound, ENOENT, .program("/no/such/program")),
                (.commandNotExecutable, EACCES, .program(box.workspace + "/plain")),
                (.commandNotExecutable, EACCES, .program("/etc")),
                (.badWorkingDirectory, ENOENT, .shell("true") { $0.workingDirectory = "nowhere" }),
                (.badWorkingDirectory, ENOTDIR, .shell("true") { $0.workingDirectory = "plain" }),
                (.invalid, EINVAL, .program("true", "a\0b")),
            ]
            for (code, errno, command) in cases {
                await #expect(throws: BoxError(code, errno: errno)) { _ = try await connection.run(command) }
                await #expect(throws: BoxError(code, errno: errno)) { _ = try await connection.start(command) }
            }
            #expect(try await connection.processes().isEmpty)
        }
    }

    @Test func tenThousandCommandsLeaveNothingBehind() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            _ = try await connection.run(.program("true"))
            let descriptors = try box.descriptorCount
            for _ in 0..<10_000 {
                let run = try await connection.run(.program("true"))
                #expect(run.exit.code == 0)
            }
            #expect(try box.descriptorCount == descriptors)
            #expect(try await connection.processes().isEmpty)
            let children = try String(
                contentsOfFile: "/proc/\(box.daemon)/task/\(box.daemon)/children",
                encoding: .utf8
            )
            #expect(children == "")
            let memory = try box.ownMemory()
            #expect(memory <= 1024)
        }
    }

    @Test func limitsHoldInTheProcessOnly() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let run = try await connection.run(
                .shell("ulimit -n; ulimit -v") {
                    $0.limits = BoxCommand.Limits(addressSpace: 512 << 20, openFiles: 64)
                }
            )
            #expect(String(buffer: run.stdout) == "64\n524288\n")
            #expect(String(buffer: try await connection.run(.shell("ulimit -n")).stdout) != "64\n")
        }
    }

    @Test func aProcessInheritsNothingOfTheDaemons() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let run = try await connection.run(.shell("ls /proc/self/fd; grep -E 'Sig(Blk|Ign)' /proc/self/status"))
            let words = String(buffer: run.stdout).split(whereSeparator: \.isWhitespace)
            #expect(Array(words.prefix(7)) == ["0", "1", "2", "3", "SigBlk:", "0000000000000000", "SigIgn:"])
            // Signals 32 and 33 belong to the C library, which does not let anybody reset them.
            let ignored = try #require(words.last.flatMap { UInt64($0, radix: 16) })
            #expect(ignored & ~0x1_8000_0000 == 0)
        }
    }
}
