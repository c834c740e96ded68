import FleetTesting
import Foundation
import SandfleetClient
import Testing

/// Rows, ends, input, signals: a process as its user sees it.
@Suite(.serialized) struct ProcessTests {
    @Test func aProcessIsARowAndAStream() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let started = try await api.start(
                [
                    "command": "read line; echo got $line; echo oops >&2; exit 3", "stdinOpen": true, "kind": "test-runner",
                    "metadata": ["run": "7"],
                ],
                in: sandbox
            )
            let id = try #require(started["id"] as? String)
            #expect(started["status"] as? String == "running")
            #expect(started["mode"] as? String == "background")
            #expect(started["args"] is NSNull)
            // Nothing has ended: the wait lasts as long as it was told.
            let waited = try await api.send("POST", "/v1/processes/\(id)/wait?timeoutMs=50")
            #expect(waited.json["status"] as? String == "running")
            async let ended = api.ended(id)
            for _ in 0..<2 {
                // The same bytes at the same place are the same bytes.
                let input = try await api.send(
                    "POST",
                    "/v1/processes/\(id)/stdin?offset=0",
                    "hello\n",
                    headers: ["Content-Type": "application/octet-stream"]
                )
                #expect([200, 409].contains(input.status), "\(input.body)")
                if input.status == 200 { #expect(input.json["offset"] as? Int == 6) }
            }
            let row = try await ended
            #expect(row["status"] as? String == "exited")
            #expect(row["exitCode"] as? Int == 3)
            #expect(row["metadata"] as? [String: String] == ["run": "7"])
            #expect(row["stdoutBytes"] as? Int == 10)
            #expect(row["stderrBytes"] as? Int == 5)
            let seen = try await api.output(id)
            #expect(String(decoding: seen.stdout, as: UTF8.self) == "got hello\n")
            #expect(String(decoding: seen.stderr, as: UTF8.self) == "oops\n")
            #expect(seen.types.first == "status" && seen.types.last == "exit")
            #expect(row["chunkCount"] as? Int == seen.types.count)
            let late = try await api.send("POST", "/v1/processes/\(id)/stdin", "more")
            #expect(late.status == 409 && late.code == "process_ended", "\(late.body)")

            let listed = try await api.send("GET", "/v1/sandboxes/\(sandbox.id)/processes?status=exited&kind=test-runner")
            #expect((listed.json["items"] as? [[String: Any]])?.map { $0["id"] as? String } == [id])
            let none = try await api.send("GET", "/v1/sandboxes/\(sandbox.id)/processes?kind=watcher")
            #expect((none.json["items"] as? [Any])?.isEmpty ?? false)
        }
    }

    @Test func outputIsReadFromAnyPoint() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let answer = try await api.run(
                ["command": "for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; sleep 0.05; done"],
                in: sandbox
            )
            #expect(answer.json["stdout"] as? String == "out1\nout2\nout3\nout4\nout5\n")
            let id = try #require(answer.json["processId"] as? String)
            let whole = try await api.output(id)
            for first in 1..<whole.next {
                let part = try await api.send("GET", "/v1/processes/\(id)/output?from=\(first)")
                let numbers = try part.body.split(separator: "\n").compactMap { try SeenChunk(line: Data($0.utf8))?.sequence }
                #expect(numbers == Array(first..<whole.next))
            }
            // By bytes, cut where it was asked.
            let tail = try await api.send("GET", "/v1/processes/\(id)/output?stdout=7")
            let chunks = try tail.body.split(separator: "\n").compactMap { try SeenChunk(line: Data($0.utf8)) }
            let bytes = chunks.filter { $0.type == "stdout" }.reduce(Data()) { $0 + $1.bytes }
            #expect(String(decoding: bytes, as: UTF8.self) == "t2\nout3\nout4\nout5\n")
            #expect(chunks.first { $0.type == "stdout" }?.offset == 7)
            #expect(!chunks.contains { $0.type == "stderr" })
            let beyond = try await api.send("GET", "/v1/processes/\(id)/output?from=\(whole.next + 5)")
            #expect(beyond.status == 416 && beyond.code == "out_of_range", "\(beyond.body)")
            // As server-sent events, from after one that was seen.
            let events = try await api.send(
                "GET",
                "/v1/processes/\(id)/output",
                headers: ["Accept": "text/event-stream", "Last-Event-ID": "\(whole.next - 2)"]
            )
            #expect(events.body.contains("id: \(whole.next - 1)\nevent: exit\n"), "\(events.body)")
            for query in ["from=-1", "from=x", "stdout=1e3", "stderr=-4", "from=99999999999999999999"] {
                let refused = try await api.send("GET", "/v1/processes/\(id)/output?\(query)")
                #expect(refused.status == 400, "\(query): \(refused.status)")
            }
            let foreign = try await api.send("GET", "/v1/processes/01hzzzzzzzzzzzzzzzzzzzzzzz/output")
            #expect(foreign.status == 404 && foreign.code == "process_not_found", "\(foreign.body)")
        }
    }

    @Test func askingTwiceRunsOnce() async throws {
        try await withAPI(workers: 2) { api in
            let sandbox = try await api.sandbox()
            let body: [String: any Sendable] = ["command": "echo ran >> runs; sleep 3; wc -l < runs", "operationId": "twice-1"]
            async let first = api.run(body, in: sandbox)
            try await eventually("it runs") { (try? await api.shell("cat runs", in: sandbox)) == "ran\n" }
            async let second = api.run(body, in: sandbox)
            // Its owner dies in the middle; both callers still get the one answer.
            let pids = try ["worker", "worker-2"].map { try api.fleet.pid(of: $0) }
            try await api.fleet.kill("worker")
            try await api.fleet.restarted("worker", after: pids[0])
            let third = try await api.run(body, in: sandbox)
            let answers = try await [first, second, third]
            for answer in answers {
                #expect(answer.status == 200, "\(answer.body)")
                #expect(answer.json["stdout"] as? String == "1\n", "\(answer.body)")
                #expect(answer.json["exitCode"] as? Int == 0)
            }
            #expect(Set(answers.map { $0.json["processId"] as? String }).count == 1)
            let other = try await api.run(["command": "echo other", "operationId": "twice-1"], in: sandbox)
            #expect(other.status == 409 && other.code == "operation_conflict", "\(other.body)")
        }
    }

    @Test func signalsCancelsAndTimeoutsReachEverything() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            // A daemon that clears its environment and leaves its session.
            let daemon = "env -i setsid sh -c 'sleep 4321 & exit' ; sleep 4321"
            let timed = try await api.run(["command": daemon, "timeoutMs": 400], in: sandbox)
            #expect(timed.json["status"] as? String == "killed" && timed.json["reason"] as? String == "timeout", "\(timed.body)")
            #expect(try await api.shell("pgrep -cx sleep || true", in: sandbox) == "0\n")

            let cancelled = try await api.start(["command": "trap '' TERM; " + daemon], in: sandbox)
            let id = try #require(cancelled["id"] as? String)
            try await eventually("it runs") { try await api.shell("pgrep -cx sleep || true", in: sandbox) == "2\n" }
            let row = try await api.send("POST", "/v1/processes/\(id)/cancel", #"{"graceMs": 200}"#)
            #expect(row.json["status"] as? String == "killed" && row.json["reason"] as? String == "cancelled", "\(row.body)")
            #expect(try await api.shell("pgrep -cx sleep || true", in: sandbox) == "0\n")
            let again = try await api.send("POST", "/v1/processes/\(id)/cancel")
            #expect(again.status == 200 && again.json["status"] as? String == "killed", "\(again.body)")

            let trapped = try await api.start(
                ["command": "trap 'echo caught; exit 5' USR1; echo up; while :; do sleep 0.1; done"],
                in: sandbox
            )
            let trap = try #require(trapped["id"] as? String)
            try await eventually("it listens") { try await api.output(trap).stdout.count > 0 }
            let unknown = try await api.send("POST", "/v1/processes/\(trap)/signal", #"{"signal": "NOPE"}"#)
            #expect(unknown.status == 400 && unknown.body.contains("USR1"), "\(unknown.body)")
            let sent = try await api.send("POST", "/v1/processes/\(trap)/signal", #"{"signal": "SIGUSR1"}"#)
            #expect(sent.status == 200, "\(sent.body)")
            let end = try await api.ended(trap)
            #expect(end["exitCode"] as? Int == 5 || end["signal"] as? String == "USR1", "\(end)")
            let late = try await api.send("POST", "/v1/processes/\(trap)/signal", #"{"signal": "TERM"}"#)
            #expect(late.status == 409 && late.code == "process_ended", "\(late.body)")
        }
    }

    @Test func whatNobodyCanKnowIsLost() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let row = try await api.start(["command": "echo before; exec sleep 1000"], in: sandbox)
            let id = try #require(row["id"] as? String)
            try await eventually("it wrote") { try await api.output(id).stdout.count == 7 }
            async let waiting = api.ended(id)
            _ = try await api.client.stopSandbox(sandbox.id)
            let end = try await waiting
            #expect(end["status"] as? String == "lost" && end["reason"] as? String == "sandbox_stopped", "\(end)")
            #expect(end["exitCode"] is NSNull)
            let seen = try await api.output(id)
            #expect(String(decoding: seen.stdout, as: UTF8.self) == "before\n")
            #expect(seen.last?.type == "error" && seen.last?.data["code"] as? String == "process_lost", "\(seen.types)")

            // A box that dies takes its processes with it, and says so without being asked.
            _ = try await api.client.connectSandbox(sandbox.id)
            let second = try await api.start(["command": "exec sleep 1000"], in: sandbox)
            let box = try #require(try api.firstProcesses().first)
            kill(box, SIGKILL)
            let gone = try await api.ended(try #require(second["id"] as? String))
            #expect(gone["status"] as? String == "lost" && gone["reason"] as? String == "box_gone", "\(gone)")
        }
    }

    @Test func aProcessOutlivesItsWorkerAndItsFleet() async throws {
        try await withAPI(workers: 2) { api in
            let sandbox = try await api.sandbox()
            let row = try await api.start(["command": "for i in $(seq 1 60); do echo line $i; sleep 0.2; done; exit 9"], in: sandbox)
            let id = try #require(row["id"] as? String)
            for worker in ["worker", "worker-2", "gateway"] {
                let pid = try api.fleet.pid(of: worker)
                try await api.fleet.kill(worker)
                try await api.fleet.restarted(worker, after: pid)
            }
            let end = try await api.ended(id)
            #expect(end["status"] as? String == "exited" && end["exitCode"] as? Int == 9, "\(end)")
            let wanted = (1...60).map { "line \($0)\n" }.joined()
            #expect(String(decoding: try await api.output(id).stdout, as: UTF8.self) == wanted)
        }
    }

    @Test func anotherProgramsProcessIsRecorded() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let made = try await api.send(
                "POST",
                "/v1/sandboxes/\(sandbox.id)/processes/observed",
                #"{"command": "codex", "args": ["app-server"], "kind": "codex-app-server"}"#
            )
            #expect(made.status == 201, "\(made.body)")
            let id = try #require(made.json["id"] as? String)
            let all =
                #"{"chunks":[{"type":"stdout","text":"h\u00e9"},{"type":"stderr","base64":"/w=="},{"type":"metadata","data":{"a":1}},{"type":"heartbeat","data":{}},{"type":"status","data":{"status":"thinking"}}],"seq":2}"#
            for _ in 0..<2 {
                let appended = try await api.send("POST", "/v1/processes/\(id)/chunks", all)
                #expect(appended.status == 200, "\(appended.body)")
                #expect(appended.json["firstSeq"] as? Int == 2 && appended.json["lastSeq"] as? Int == 6, "\(appended.body)")
            }
            let gap = try await api.send("POST", "/v1/processes/\(id)/chunks", #"{"chunks":[{"type":"stdout","text":"x"}],"seq":99}"#)
            #expect(gap.status == 409, "\(gap.body)")
            async let waiting = api.ended(id)
            let finished = try await api.send("POST", "/v1/processes/\(id)/finish", #"{"status":"exited","exitCode":4}"#)
            #expect(finished.status == 200, "\(finished.body)")
            #expect(try await waiting["exitCode"] as? Int == 4)
            let late = try await api.send("POST", "/v1/processes/\(id)/chunks", #"{"chunks":[{"type":"stdout","text":"x"}]}"#)
            #expect(late.status == 409 && late.code == "process_ended", "\(late.body)")
            let seen = try await api.output(id)
            #expect(seen.types == ["status", "stdout", "stderr", "metadata", "heartbeat", "status", "exit"])
            #expect(seen.stdout == Data("hé".utf8) && seen.stderr == Data([0xFF]))
        }
    }

    @Test func whatCannotBeStartedSaysWhy() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let missing = try await api.run(["command": "no-such-program", "args": [String]()], in: sandbox)
            #expect(missing.status == 200)
            #expect(
                missing.json["status"] as? String == "failed" && missing.json["reason"] as? String == "command_not_found",
                "\(missing.body)"
            )
            #expect(missing.json["exitCode"] is NSNull)
            let path = "/v1/sandboxes/\(sandbox.id)/processes"
            let long = String(repeating: "x", count: 200_000)
            for body in [
                #"{"command":"echo","args":["a\u0000b"]}"#, #"{"command":"echo","env":{"A=B":"c"}}"#,
                #"{"command":"echo","args":["\#(long)"]}"#, #"{"command":"echo","kind":"nonsense"}"#,
                #"{"command":"echo","timeoutMs":-1}"#, #"{"command":"echo","pty":{"rows":0,"columns":80}}"#,
            ] {
                let refused = try await api.send("POST", path, body)
                #expect(refused.status == 400, "\(refused.status) \(refused.body) for \(body.prefix(60))")
            }
            // Nobody gave it any input: it reads the end at once.
            let quiet = try await api.run(["command": "cat; echo done", "timeoutMs": 20_000], in: sandbox)
            #expect(quiet.json["stdout"] as? String == "done\n", "\(quiet.body)")
            let terminal = try await api.start(["command": "tty; stty size", "pty": ["rows": 33, "columns": 111]], in: sandbox)
            let id = try #require(terminal["id"] as? String)
            _ = try await api.ended(id)
            let shown = String(decoding: try await api.output(id).stdout, as: UTF8.self)
            #expect(shown.contains("/dev/pts/") && shown.contains("33 111"), "\(shown)")
        }
    }
}

extension FleetAPI {
    /// The first process of each box of this fleet.
    fileprivate func firstProcesses() throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "\(fleet.data)/local/boxes")
            .compactMap { box in
                guard let text = try? String(contentsOfFile: "\(fleet.data)/local/boxes/\(box)/box.json", encoding: .utf8),
                    let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                    let process = json["process"] as? [String: Any], let pid = process["pid"] as? Int
                else { return nil }
                return Int32(pid)
            }
    }
}
