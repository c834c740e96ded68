import ContractServer
import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(3))) struct ProcessCommandTests {
    @Test func aProcesssLife() async throws {
        try await Bench.withBox { bench in
            let started = try await bench.run("exec", "--detach", "--kind", "service", "box", "--", "sleep", "1 00")
            #expect(started.exitCode == 0)
            let failed = try await bench.run("exec", "-d", "box", "--", "sleep", "100")
            let process = failed.line
            #expect(process.count == 26 && failed.stderr.isEmpty)
            _ = try await bench.run("exec", "box", "printf 12345; exit 3")

            let listed = try await bench.run("ps", "box")
            #expect(listed.stdout.hasPrefix("ID  ") && !listed.stdout.contains("exited"))
            #expect(listed.stdout.contains("\(process)  command  running  "), "\(listed.stdout)")
            let all = try await bench.run("ps", "box", "--all").stdout
            #expect(all.contains("  exited 3  ") && all.contains("  5 B     printf 12345; exit 3\n"), "\(all)")
            #expect(all.contains("sleep '1 00'"))
            let items = try await bench.run("ps", "box", "--status", "exited", "--json").json()["items"] as? [[String: Any]]
            #expect(items?.count == 2 && items?.allSatisfy { $0["status"] as? String == "exited" } == true)
            #expect(try await bench.run("ps", "box", "--all", "--kind", "service").stdout.split(separator: "\n").count == 2)
            #expect(try await bench.run("ps", "box", "--all", "--limit", "1").stdout.split(separator: "\n").count == 2)

            let early = try await bench.run("wait", process, "--timeout", "10ms")
            #expect(early.exitCode == 124 && early.stderr.contains("still runs"))
            async let waiting = bench.run("wait", process)
            #expect(try await bench.run("kill", "-s", "sigusr1", process).exitCode == 0)
            let waited = try await waiting
            #expect(waited.exitCode == 138 && waited.stderr.contains("killed by USR1"))
            let json = try await bench.run("wait", process, "--json")
            #expect(try json.exitCode == 138 && json.json()["signal"] as? String == "USR1")
            let late = try await bench.run("kill", process)
            #expect(late.exitCode == 1 && late.stderr.contains("process_ended") && late.stderr.contains("sandfleet wait"))
            #expect(try await bench.run("kill", "--cancel", process).line == "\(process) killed USR1")
        }
    }

    @Test func killEndsWhatWillNotEnd() async throws {
        try await Bench.withBox { bench in
            let command = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
            let process = try await bench.run("exec", "-d", "box", command).line
            let logs = try bench.start("logs", "-f", process)
            _ = try await logs.stdout.read(until: "ready")
            let killed = try await bench.run("kill", "--cancel", "--grace", "50ms", process)
            #expect(killed.line == "\(process) killed KILL (cancelled)" && killed.exitCode == 0)
            #expect(await logs.end() == 0)
            #expect(await logs.stderr.rest().contains("killed by KILL: cancelled"))
        }
    }

    @Test func logsInEveryForm() async throws {
        try await Bench.withBox { bench in
            let command = "printf 'a\\nb'; printf 'c\\n'; printf 'e\\n' >&2; printf '\\377'"
            let process = try await bench.run("exec", "-d", "box", command).line
            #expect(try await bench.run("wait", process).exitCode == 0)
            let logs = try bench.start("logs", process)
            #expect(await logs.stdout.restOfBytes() == Data("a\nbc\n".utf8) + [0xFF])
            #expect(await logs.stderr.rest() == "e\n")
            #expect(try await bench.run("logs", process, "--stderr").stderr == "e\n")
            #expect(try await bench.run("logs", process, "--stderr").stdout.isEmpty)
            #expect(try await bench.run("logs", process, "--stdout", "--from", "2").stderr.isEmpty)

            let lines = try await bench.run("logs", process, "--json").stdout.split(separator: "\n")
                .map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
            #expect(lines.map { $0["seq"] as? Int } == (1...lines.count).map(Optional.some))
            #expect(lines.first?["type"] as? String == "status" && lines.last?["type"] as? String == "exit")
            let encoded = lines.compactMap { ($0["data"] as? [String: Any])?["base64"] as? String }
            #expect(encoded.compactMap { Data(base64Encoded: $0) }.last?.last == 0xFF)
            #expect((lines.last?["data"] as? [String: Any])?["exitCode"] as? Int == 0)
            let last = try await bench.run("logs", process, "--json", "--from", "\(lines.count)")
            #expect(last.stdout.split(separator: "\n").count == 1)
        }
    }

    @Test func timesStandBeforeWholeLines() async throws {
        try await Bench.withBox { bench in
            let process = try await bench.run(
                "exec",
                "-d",
                "box",
                "printf 'a\\n\\nb'; until [ -e go ]; do sleep 0.01; done; printf 'c\\nd'"
            )
            let logs = try bench.start("logs", "-ft", process.line)
            let stamp = "2026-01-02T03:04:05.678Z "
            var text = try await logs.stdout.read(until: "b")
            _ = try await bench.run("cp", "-", "box:/go", input: Data())
            text += await logs.stdout.rest()
            #expect(text == "\(stamp)a\n\(stamp)\n\(stamp)bc\n\(stamp)d")
            #expect(await logs.end() == 0)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func followingGoesOnOverCuts(seed: UInt64) async throws {
        try await Bench.withBox { bench in
            let noise = "for i in 1 2 3 4 5 6 7 8; do head -c 9000 /dev/urandom | tee -a out; done"
            try await bench.server.cut(seed: seed, count: 12, reach: 30_000, routes: ["output"])
            let process = try await bench.run("exec", "-d", "box", noise).line
            let logs = try bench.start("logs", "-f", process)
            let printed = await logs.stdout.restOfBytes()
            #expect(await logs.end() == 0)
            let copy = try bench.start("cp", "box:/out", "-")
            #expect(await copy.stdout.restOfBytes() == printed, "seed \(seed)")
        }
    }

    @Test func detachedInputOnlyWhereItIsAskedFor() async throws {
        try await Bench.withBox { bench in
            let silent = try await bench.run("exec", "-d", "box", "cat; echo end", input: Data("x".utf8)).line
            #expect(try await bench.run("wait", silent).exitCode == 0)
            #expect(try await bench.run("logs", silent).stdout == "end\n")
            let asked = try await bench.run("exec", "-di", "box", "cat; echo end", input: Data("x".utf8)).line
            #expect(try await bench.run("wait", asked).exitCode == 0)
            #expect(try await bench.run("logs", asked).stdout == "xend\n")
            let missing = try await bench.run("exec", "-d", "box", "--", "no-such-program", "x")
            #expect(missing.exitCode == 127 && missing.line.count == 26)
        }
    }

    private static let wrong: [([String], Int32, String)] = [
        (["logs", "nothing"], 1, "sandfleet ps <sandbox> --all"),
        (["wait", "nothing"], 1, "process_not_found"),
        (["kill", "nothing"], 1, "process_not_found"),
        (["ps", "nobody"], 1, "sandfleet ls"),
        (["ps", "0000000000000000000000000z"], 1, "sandfleet ls"),
        (["kill", "-s", "NOPE", "p"], 64, "HUP, INT, QUIT"),
        (["kill", "-s", "0", "p"], 64, "HUP, INT, QUIT"),
        (["kill", "-s", "HUP", "--cancel", "p"], 64, "do not go together"),
        (["kill", "--grace", "5s", "p"], 64, "goes with --cancel"),
        (["kill"], 64, "processes"),
        (["logs", "--from=-1", "p"], 64, "counted from 1"),
        (["logs", "--from", "0", "p"], 64, "counted from 1"),
        (["logs", "--from", "x", "p"], 64, "from"),
        (["logs", "--json", "-t", "p"], 64, "its time already"),
        (["wait", "--timeout=-5s", "p"], 64, "timeout"),
        (["ps", "--status", "dead", "box"], 64, "running, exited, killed, failed or lost"),
        (["ps", "--kind", "x", "box"], 64, "test-runner or watcher"),
        (["ps", "--limit", "0", "box"], 64, "1 or more"),
        (["ps", "--all", "--status", "lost", "box"], 64, "do not go together"),
    ]

    @Test(arguments: wrong)
    func wrongInputSaysWhatToDo(arguments: [String], code: Int32, words: String) async throws {
        try await Bench.withBox { bench in
            let run = try await CommandLineRun(arguments, environment: bench.environment)
            #expect(run.exitCode == code && run.stderr.contains(words), "\(run.stderr)")
            #expect(!run.stderr.contains("/v1/"), "\(run.stderr)")
        }
    }

    @Test func whatIsGoneOrNotThereYetIsSaid() async throws {
        try await Bench.withBox { bench in
            let process = try await bench.run("exec", "-d", "box", "echo x").line
            #expect(try await bench.run("wait", process).exitCode == 0)
            let beyond = try await bench.run("logs", "--from", "99", process)
            #expect(beyond.exitCode == 1 && beyond.stderr.contains("without --from all of it is shown"))
            try await bench.server.expire(process)
            let expired = try await bench.run("logs", process)
            #expect(expired.exitCode == 1 && expired.stderr.contains("output_expired") && expired.stdout.isEmpty)
        }
    }
}
