import ContractServer
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3))) struct LifeCommandTests {
    @Test func drainKeepAliveAndHistory() async throws {
        try await Bench.withBox { bench in
            let drained = try await bench.run("drain", "box")
            let id = drained.line.prefix(26)
            #expect(drained.exitCode == 0 && drained.line == "\(id) is paused")
            #expect(try await bench.run("exec", "box", "true").exitCode == 0)
            #expect(try await bench.run("keepalive", "box", "1h30m").line == "\(id) stays awake for 90m")
            let kept = try await bench.run("get", "box", "--json").json()
            #expect(kept["id"] as? String == String(id))
            #expect(try await bench.run("keepalive", "box", "25h").stderr.contains("at most 24h"))
            #expect(try await bench.run("keepalive", "box").exitCode == 64)
            let checkpoint = try await bench.run("checkpoint", "box").line
            _ = try await bench.run("rm", "box")

            let history = try await bench.run("history", String(id)).stdout.split(separator: "\n")
            #expect(history.count == 5 && history[0].hasPrefix("TIME  "))
            #expect(history[1].hasPrefix("2026-01-02T03:04:05Z  sandbox created       -  "))
            #expect(history[2].contains("  sandbox paused  ") && history[2].hasSuffix("  key …kkkkkk  1      api"))
            #expect(history[3].contains("  checkpoint published  \(checkpoint)  ") && history[3].hasSuffix("0 B"))
            let last = try await bench.run("history", String(id), "--last", "1", "--json").json()["items"]
            #expect((last as? [[String: Any]])?.first?["kind"] as? String == "sandbox.deleted")
            // A name goes with its sandbox.
            let gone = try await bench.run("history", "box")
            #expect(gone.exitCode == 1 && gone.stderr.contains("by its id"))

            #expect(try await bench.run("create", "--name", "fleeting", "--no-persistent").exitCode == 0)
            let refused = try await bench.run("drain", "fleeting")
            #expect(refused.exitCode == 1 && refused.stderr.contains("not persistent"))
            #expect(try await bench.run("stop", "fleeting").line.hasSuffix("is removed: it was not persistent"))
        }
    }

    @Test func aSweepIsAskedForOrRefused() async throws {
        try await Bench.with { bench in
            let dry = try await bench.run("sweep", "--dry-run")
            #expect(dry.exitCode == 0 && !dry.stdout.contains("box-1"))
            #expect(dry.stdout.contains("box-2  -  ") && dry.stdout.contains("look at it    there is no record of it"))
            #expect(dry.stdout.contains("would delete  its sandbox is terminated"))
            #expect(dry.stdout.contains("4 boxes: 1 kept, 2 would be deleted, 1 for a person to look at."))
            #expect(try await bench.run("sweep", "-n", "--all").stdout.contains("box-1"))
            let nobody = try await bench.run("sweep")
            #expect(nobody.exitCode == 64 && nobody.stdout.isEmpty && nobody.stderr.contains("--yes"))

            for (answer, code, left) in [("n", 1, 4), ("y", 0, 2)] as [(String, Int32, Int)] {
                let terminal = try Pseudoterminal()
                let run = try RunningCommandLine(["sweep"], environment: bench.environment, in: terminal)
                _ = try await run.stderr.read(until: "Delete these 2 boxes? [y/N] ")
                try terminal.type(answer + "\n")
                #expect(await run.end() == code)
                let boxes = try await bench.run("sweep", "-n", "--json").json()["boxes"] as? [Any]
                #expect(boxes?.count == left)
            }
            // Nothing to ask about.
            let terminal = try Pseudoterminal()
            let run = try RunningCommandLine(["sweep"], environment: bench.environment, in: terminal)
            #expect(await run.end() == 0)
            let yes = try await bench.run("sweep", "--yes", "--json")
            #expect(try yes.exitCode == 0 && (yes.json()["boxes"] as? [Any])?.count == 2)
            // What could not be looked at is no success.
            try await bench.server.losePlacement()
            let partial = try await bench.run("sweep", "-n")
            #expect(partial.exitCode == 1 && partial.stdout.contains("box-2"))
            #expect(partial.stderr.contains("nobody could look at local on away: No worker."))
        }
    }
}
