import ContractServer
import Foundation
import Testing

@testable import Commands

@Suite(.timeLimit(.minutes(3))) struct PresenceTests {
    @Test func proofIsFreshKeysOrFreshOutput() {
        let start = ContinuousClock.now
        let presence = Presence(now: start)
        #expect(presence.isProven(now: start) && presence.isProven(now: start + .seconds(899)))
        #expect(!presence.isProven(now: start + .seconds(900)))
        // Output counts once: a program that has fallen silent proves nothing.
        presence.wrote()
        #expect(presence.isProven(now: start + .seconds(901)))
        #expect(!presence.isProven(now: start + .seconds(902)))
        presence.typed(now: start + .seconds(1000))
        #expect(presence.isProven(now: start + .seconds(1899)) && !presence.isProven(now: start + .seconds(1900)))
    }

    /// The shell itself must not keep the sandbox awake: only the person does.
    @Test func aShellIsKeptAwakeByWhoeverIsThere() async throws {
        try await Bench.withBox { bench in
            let terminal = try Pseudoterminal()
            let run = try RunningCommandLine(["shell", "box"], environment: bench.environment, in: terminal)
            try await keepalive(of: bench.server)
            let starts = try await bench.server.starts()
            #expect(starts.count == 1 && starts.first?["mode"] as? String == "background")
            try terminal.type("exit 3\r")
            #expect(await run.end() == 3)
        }
    }

    @Test func logsHoldOnlyWhereATerminalIs() async throws {
        try await Bench.withBox { bench in
            let process = try await bench.run("exec", "-d", "box", "echo ready; read a").line
            let refused = try await bench.run("logs", "--hold", process)
            #expect(refused.exitCode == 64 && refused.stderr.contains("sandfleet keepalive"))
            #expect(try await !bench.server.requests().contains { $0.hasSuffix("/keepalive") })
            let waiting = try await bench.run("exec", "-d", "box", "echo ready; while [ ! -e go ]; do sleep 0.05; done").line
            let terminal = try Pseudoterminal()
            let arguments = ["logs", "--hold", waiting]
            let run = try RunningCommandLine(arguments, environment: bench.environment, in: terminal)
            _ = try await run.stdout.read(until: "ready")
            try await keepalive(of: bench.server)
            _ = try await bench.run("exec", "box", "touch go")
            #expect(await run.end() == 0)
        }
    }

    private func keepalive(of server: ContractServer) async throws {
        while try await !server.requests().contains(where: { $0.hasSuffix("/keepalive") }) { await Task.yield() }
    }
}
