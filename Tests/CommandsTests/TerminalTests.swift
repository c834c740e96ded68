import ContractServer
import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(3))) struct TerminalTests {
    @Test func keysSizeAndExitCodePass() async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal(rows: 31, columns: 97)
            let line = """
                stty size; echo $TERM; until [ "$(stty size)" = "32 98" ]; do sleep 0.02; done; echo resized; \
                read a; echo "<$a>"; cat > file; exit 5
                """
            let environment = bench.environment.merging(["TERM": "vt220"]) { $1 }
            let run = try RunningCommandLine(["exec", "-t", "box", line], environment: environment, in: terminal)
            #expect(try await run.stdout.read(until: "vt220").contains("31 97\r\n"))
            #expect(try !terminal.isAsFound)
            try terminal.resize(rows: 32, columns: 98)
            run.signal(SIGWINCH)
            _ = try await run.stdout.read(until: "resized\r\n")
            try terminal.type("hello\r")
            _ = try await run.stdout.read(until: "<hello>\r\n")
            // The end of input as people type it.
            try terminal.type("\u{4}")
            #expect(await run.end() == 5)
            #expect(try terminal.isAsFound)
        }
    }

    @Test func controlKeysAreTheCommands() async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal()
            let line = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done"
            let run = try RunningCommandLine(["exec", "-t", "box", line], environment: bench.environment, in: terminal)
            _ = try await run.stdout.read(until: "ready\r\n")
            try terminal.type("\u{3}")
            #expect(await run.end() == 9)
            #expect(try terminal.isAsFound)
        }
    }

    @Test func aShellIsATerminal() async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal()
            let run = try RunningCommandLine(["shell", "box"], environment: bench.environment, in: terminal)
            try terminal.type("tty; exit 4\r")
            _ = try await run.stdout.read(until: "/dev/pts/")
            #expect(await run.end() == 4)
            #expect(try terminal.isAsFound)
            let piped = try await bench.run("shell", "box")
            #expect(piped.exitCode == 64 && piped.stderr.contains("sandfleet exec box -- sh -s"))
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT])
    func theTerminalIsRestoredWhateverEndsTheProgram(number: Int32) async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal()
            let line = "trap '' HUP INT QUIT; echo ready; sleep 100 & wait"
            let run = try RunningCommandLine(["exec", "-t", "box", line], environment: bench.environment, in: terminal)
            _ = try await run.stdout.read(until: "ready\r\n")
            #expect(try !terminal.isAsFound)
            run.signal(number)
            // The first interrupt is the command's, which does not care; and those that come too fast count once.
            while number == SIGINT, run.isRunning { run.signal(number) }
            #expect([128 + number, 143, 137].contains(await run.end()))
            #expect(try terminal.isAsFound)
        }
    }

    @Test func aCommandThatCannotBeStartedLeavesTheTerminal() async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal()
            let arguments = ["exec", "-t", "box", "--", "no-such-program"]
            let run = try RunningCommandLine(arguments, environment: bench.environment, in: terminal)
            #expect(await run.end() == 127)
            #expect(try terminal.isAsFound)
        }
    }

    /// While nobody is there, Ctrl-C must not wait for somebody: the keys are the person's.
    @Test func aLostConnectionGivesTheKeysBack() async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal()
            let line = "echo ready; read a; echo \"<$a>\""
            let run = try RunningCommandLine(["exec", "-t", "box", line], environment: bench.environment, in: terminal)
            _ = try await run.stdout.read(until: "ready\r\n")
            try await bench.server.restart(pause: 1)
            _ = try await run.stderr.read(until: "connection is lost")
            #expect(try terminal.isAsFound)
            while try terminal.isAsFound { await Task.yield() }
            try terminal.type("back\r")
            _ = try await run.stdout.read(until: "<back>\r\n")
            #expect(await run.end() == 0)
            #expect(try terminal.isAsFound)
        }
    }

    @Test func whatIsTypedIsNobodysWithoutATerminal() async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal()
            let run = try RunningCommandLine(["exec", "box", "cat; echo end"], environment: bench.environment, in: terminal)
            _ = try await run.stdout.read(until: "end")
            #expect(await run.end() == 0)
            // Asked for, it is read line by line.
            let asked = try RunningCommandLine(["exec", "-i", "box", "cat"], environment: bench.environment, in: terminal)
            try terminal.type("line\n")
            _ = try await asked.stdout.read(until: "line\r\nline\r\n")
            try terminal.type("\u{4}")
            #expect(await asked.end() == 0)
        }
    }
}
