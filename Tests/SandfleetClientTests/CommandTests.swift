import ContractServer
import NIOCore
import SandfleetClient
import Testing

@Suite(.timeLimit(.minutes(3))) struct CommandTests {
    @Test func waitsForACommand() async throws {
        try await withSandbox { client, sandbox, _ in
            var command = Command.shell("cat; printf %s \"$GREETING\" >&2; pwd; exit 3")
            command.input = ByteBuffer(string: "input ")
            command.environment = ["GREETING": "hällo"]
            command.workingDirectory = "/usr"
            let result = try await client.runCommand(command, in: sandbox)
            #expect(result.stdout == "input /usr\n" && result.stderr == "hällo")
            #expect(result.exit.exitCode == 3 && !result.isSuccess && !result.truncated)
            #expect(result.exit.stdoutBytes == 11 && result.exit.stderrBytes == 6)

            let direct = try await client.runCommand(.program("printf", ["%s|", "a b", "$HOME"]), in: sandbox)
            #expect(direct.stdout == "a b|$HOME|" && direct.isSuccess)
            #expect(try await client.process(direct.processId).mode == .foreground)
        }
    }

    @Test func theLastOfLongOutputIsKept() async throws {
        try await withSandbox { client, sandbox, _ in
            let result = try await client.runCommand(.shell("head -c 400000 /dev/zero | tr '\\0' x; echo end"), in: sandbox)
            #expect(result.truncated && result.stdout.utf8.count == 256 << 10 && result.stdout.hasSuffix("xend\n"))
        }
    }

    @Test func aTimeoutIsAResult() async throws {
        try await withSandbox { client, sandbox, _ in
            var command = Command.shell("trap '' TERM; sleep 60")
            command.timeout = .milliseconds(100)
            let result = try await client.runCommand(command, in: sandbox)
            #expect(result.exit.status == .killed && result.exit.reason == "timeout" && result.exit.exitCode == nil)
            #expect(result.exit.signalNumber == 9 || result.exit.signalNumber == 15)
        }
    }

    @Test func whatCannotBeStartedIsAResult() async throws {
        try await withSandbox { client, sandbox, _ in
            let missing = try await client.runCommand(.program("no-such-program"), in: sandbox)
            #expect(missing.exit.status == .failed && missing.exit.reason == "command_not_found" && !missing.isSuccess)
            #expect(missing.exit.message?.contains("no-such-program") ?? false)
        }
    }

    /// Each answer is lost at some byte of it, or the request before it is carried out: the command runs once.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func anAnswerThatIsLostRunsNothingTwice(seed: UInt64) async throws {
        try await withSandbox { client, sandbox, server in
            try await server.cut(seed: seed, count: 6, reach: 300, routes: ["commands"])
            for number in 1...3 {
                let result = try await client.runCommand(.shell("echo \(number) >> log; wc -l < log"), in: sandbox)
                #expect(result.stdout == "\(number)\n", "seed \(seed)")
            }
            #expect(try await server.starts().count == 3)
        }
    }

    @Test func binaryGoesBothWays() async throws {
        try await withSandbox { client, sandbox, _ in
            let bytes = ByteBuffer(bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            var command = Command.shell("cat")
            command.input = bytes
            let output = try await Gathered(client.stream(command, in: sandbox))
            #expect(output.stdout == bytes && output.exit?.isSuccess == true)
        }
    }

    @Test func chunksComeInOrderAsTheyHappen() async throws {
        try await withSandbox { client, sandbox, _ in
            // The command ends only after its first output was read here: the file is made by the reader.
            let command = Command.shell("echo one; until [ -e go ]; do sleep 0.01; done; echo two >&2")
            var steps: [String] = []
            let output = try await client.stream(command, in: sandbox)
            for try await chunk in output {
                #expect(chunk.processId == output.processId && chunk.sandboxId == sandbox && chunk.at != nil)
                switch chunk.type {
                case .stdout: _ = try await client.upload(.bytes(ByteBuffer()), to: "/go", in: sandbox)
                case .status: #expect(chunk.data["status"] == "running")
                default: break
                }
                steps.append("\(chunk.sequence) \(chunk.type) \(chunk.offset ?? -1) \(chunk.text ?? "")")
            }
            #expect(steps == ["1 status -1 ", "2 stdout 0 one\n", "3 stderr 0 two\n", "4 exit -1 "])
        }
    }
}
