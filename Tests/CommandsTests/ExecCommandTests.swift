import ContractServer
import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(3))) struct ExecCommandTests {
    private static let ends: [([String], Int32)] = [
        (["exec", "box", "exit 7"], 7),
        (["exec", "box", "--", "sh", "-c", "exit 3"], 3),
        (["exec", "box", "sh", "-c", "exit 4"], 4),
        (["exec", "box", "kill -TERM $$"], 143),
        (["exec", "--timeout", "200ms", "box", "sleep 60"], 124),
        (["exec", "box", "--timeout", "200ms", "--", "sleep", "60"], 124),
        (["exec", "--json", "box", "exit 5"], 5),
        (["exec", "--json", "box", "exit 0"], 0),
        (["exec", "box", "--", "no-such-program", "x"], 127),
        (["exec", "box", "--", "/etc/hostname", "x"], 126),
        (["exec", "box", "odd-lost"], 75),
        (["exec", "box", "odd-refused"], 77),
        (["exec", "box", "odd-truncated"], 1),
        (["exec", "box", "odd-ends"], 0),
        (["exec", "box"], 64),
        (["exec", "box", "--nonsense", "--", "true"], 64),
        (["exec", "--nonsense", "box", "true"], 64),
        (["exec", "--kind", "nonsense", "box", "true"], 64),
        (["exec", "-t", "--detach", "box", "true"], 64),
        (["exec", "-t", "--json", "box", "true"], 64),
        (["exec", "box", "--help"], 0),
    ]

    @Test(arguments: ends)
    func theExitCodeIsTheCommands(arguments: [String], code: Int32) async throws {
        try await Bench.withBox { bench in
            let run = try await CommandLineRun(arguments, environment: bench.environment)
            #expect(run.exitCode == code, "\(run.stderr)")
            switch code {
            case 124: #expect(run.stderr.contains("its time was up"))
            case 127: #expect(run.stderr.contains("could not be started: no-such-program: No such file"))
            case 75: #expect(run.stderr.contains("not known: The sandbox was stopped."))
            default: break
            }
        }
    }

    @Test func bothStreamsInputAndSettings() async throws {
        try await Bench.withBox { bench in
            let run = try await bench.run(
                "exec",
                "box",
                "--cwd",
                "/usr",
                "--env",
                "A=1 2",
                "--env",
                "SANDFLEET_URL",
                "--",
                "sh",
                "-c",
                "cat; pwd; echo \"$A\" >&2; test -n \"$SANDFLEET_URL\" && printf '%s|' \"$@\"",
                "sh",
                "-x",
                "a b",
                input: Data("piped\n".utf8)
            )
            #expect(run.stdout == "piped\n/usr\n-x|a b|" && run.stderr == "1 2\n" && run.exitCode == 0)
            #expect(try await bench.run("exec", "--no-stdin", "box", "cat", input: Data("x".utf8)).stdout.isEmpty)
            let document = try await bench.run("exec", "box", "--json", "--", "cat", input: Data("hi".utf8)).json()
            #expect(document["stdout"] as? String == "hi" && document["exitCode"] as? Int == 0)
            #expect(document["truncated"] as? Bool == false && document["success"] as? Bool == true)
            let long = try await bench.run("exec", "--json", "box", "head -c 400000 /dev/zero | tr '\\0' x; echo end").json()
            let tail = try #require(long["stdout"] as? String)
            #expect(long["truncated"] as? Bool == true && tail.utf8.count == 256 << 10 && tail.hasSuffix("xend\n"))
        }
    }

    @Test func inputOfAnySizeArrivesAndBinaryOutputIsUntouched() async throws {
        try await Bench.withBox { bench in
            var generator = SystemRandomNumberGenerator()
            let input = Data((0..<20_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
            let pipe = Pipe()
            let run = try bench.start("exec", "box", "tee copy", input: pipe)
            async let output = run.stdout.restOfBytes()
            DispatchQueue.global()
                .async {
                    try? pipe.fileHandleForWriting.write(contentsOf: input)
                    try? pipe.fileHandleForWriting.close()
                }
            #expect(await output == input)
            #expect(await run.end() == 0)
        }
    }

    @Test func inputFlowsWhileTheCommandRuns() async throws {
        try await Bench.withBox { bench in
            let pipe = Pipe()
            let command = "while read line; do echo got $line; done; echo over"
            let run = try bench.start("exec", "box", command, input: pipe)
            for word in ["one", "two"] {
                try pipe.fileHandleForWriting.write(contentsOf: Data("\(word)\n".utf8))
                #expect(try await run.stdout.read(until: "\n") == "got \(word)\n")
            }
            try pipe.fileHandleForWriting.close()
            #expect(await run.stdout.rest() == "over\n")
            #expect(await run.end() == 0)
        }
    }

    /// Input that stays open, and that nobody writes to, keeps no command that does not want it.
    @Test func inputThatNeverEndsHoldsNothingUp() async throws {
        try await Bench.withBox { bench in
            let pipe = Pipe()
            let run = try bench.start("exec", "box", "echo done", input: pipe)
            #expect(await run.stdout.rest() == "done\n")
            #expect(await run.end() == 0)
            let head = try bench.start("exec", "box", "head -c 3", input: pipe)
            try pipe.fileHandleForWriting.write(contentsOf: Data("abcdef".utf8))
            #expect(await head.stdout.rest() == "abc")
            #expect(await head.end() == 0)
        }
    }

    @Test func anInterruptGoesToTheCommand() async throws {
        try await Bench.withBox { bench in
            let command = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done"
            let run = try bench.start("exec", "box", command)
            _ = try await run.stdout.read(until: "ready\n")
            run.signal(SIGINT)
            #expect(await run.stdout.rest() == "caught\n")
            #expect(await run.end() == 9)
        }
    }

    @Test func aSecondInterruptEndsTheCommand() async throws {
        try await Bench.withBox { bench in
            let command = "trap 'echo caught' INT; trap '' TERM; echo ready; while :; do sleep 0.05; done"
            let run = try bench.start("exec", "box", command)
            _ = try await run.stdout.read(until: "ready\n")
            run.signal(SIGINT)
            _ = try await run.stdout.read(until: "caught\n")
            run.signal(SIGINT)
            #expect(await run.end() == 137)
            #expect(await run.stderr.rest().contains("killed by KILL: cancelled"))
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func aTerminationEndsTheCommand(number: Int32) async throws {
        try await Bench.withBox { bench in
            let run = try bench.start("exec", "box", "echo ready; sleep 100")
            _ = try await run.stdout.read(until: "ready\n")
            run.signal(number)
            #expect(await run.end() == 143)
            #expect(try await bench.run("ps", "box").stdout.split(separator: "\n").count == 1)
        }
    }

    @Test func anInterruptEndsACommandThatWaitsForInput() async throws {
        try await Bench.withBox { bench in
            let pipe = Pipe()
            let run = try bench.start("exec", "box", "cat", input: pipe)
            try pipe.fileHandleForWriting.write(contentsOf: Data("x".utf8))
            _ = try await run.stdout.read(until: "x")
            run.signal(SIGINT)
            #expect(await run.end() == 130)
        }
    }

    /// As in a pipe of the shell: when nobody reads what it prints, the command ends.
    @Test func aCommandThatNobodyReadsIsEnded() async throws {
        try await Bench.withBox { bench in
            let run = try bench.start("exec", "box", "while :; do echo y; done")
            _ = try await run.stdout.read(until: "y\n")
            try run.stdout.close()
            #expect(await run.end() == 141)
            let listed = try await bench.run("ps", "box", "--all").stdout
            #expect(listed.contains("killed TERM (cancelled)"), "\(listed)")
        }
    }

    @Test func whenTheFleetIsAwayForAWhileItIsSaidOnce() async throws {
        try await Bench.withBox { bench in
            let pipe = Pipe()
            let run = try bench.start("exec", "box", "cat; exit 6", input: pipe)
            try pipe.fileHandleForWriting.write(contentsOf: Data("one\n".utf8))
            _ = try await run.stdout.read(until: "one\n")
            try await bench.server.restart(pause: 1)
            _ = try await run.stderr.read(until: "the connection is lost; the command goes on")
            try pipe.fileHandleForWriting.write(contentsOf: Data("two\n".utf8))
            try pipe.fileHandleForWriting.close()
            #expect(await run.stdout.rest() == "two\n")
            #expect(!(await run.stderr.rest().contains("connection")))
            #expect(await run.end() == 6)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func nothingIsLostOrDoubledWhereConnectionsBreak(seed: UInt64) async throws {
        try await Bench.withBox { bench in
            let routes = ["processes", "output", "stdin"]
            try await bench.server.cut(seed: seed, count: 25, reach: 30_000, routes: routes)
            let input = Data((0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) })
            let pipe = Pipe()
            let run = try bench.start("exec", "box", "tee copy; echo x >> starts; wc -l < starts >&2; exit 3", input: pipe)
            async let output = run.stdout.restOfBytes()
            async let errors = run.stderr.rest()
            DispatchQueue.global()
                .async {
                    try? pipe.fileHandleForWriting.write(contentsOf: input)
                    try? pipe.fileHandleForWriting.close()
                }
            #expect(await output == input, "seed \(seed)")
            let lines = await errors.split(separator: "\n")
            #expect(lines.last == "1", "seed \(seed)")
            #expect(lines.count { $0.contains("connection is lost") } <= 1)
            #expect(await run.end() == 3)
        }
    }
}
