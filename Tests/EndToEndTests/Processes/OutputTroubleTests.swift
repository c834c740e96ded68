import Bus
import Crypto
import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import Logging
import NATSClient
import SandfleetClient
import Testing

/// Output that is large, odd or fast, and a broker that does not take it.
@Suite(.serialized) struct OutputTroubleTests {
    @Test func oddOutputIsKeptToTheByte() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            // A character in two writes, bytes that are no text, and a beginning whose rest never comes.
            let odd = try await api.run(
                ["command": #"printf 'a\303'; sleep 0.3; printf '\251b'; sleep 0.3; printf '\377\376'; sleep 0.3; printf 'end\342\202'"#],
                in: sandbox
            )
            let seen = try await api.output(try #require(odd.json["processId"] as? String))
            #expect(seen.stdout == Data([0x61, 0xC3, 0xA9, 0x62, 0xFF, 0xFE, 0x65, 0x6E, 0x64, 0xE2, 0x82]))

            // A daemon that holds the pipes: the end does not wait for it.
            let began = ContinuousClock.now
            let open = try await api.run(["command": "sleep 300 & echo started; exit 6"], in: sandbox)
            #expect(open.json["exitCode"] as? Int == 6 && open.json["outputOpen"] as? Bool == true, "\(open.body)")
            #expect(.now - began < .seconds(12))

            // Many small writes become few chunks, and nothing is lost.
            let script = "import os\nfor i in range(20000): os.write(1 + i % 2, b'%d\\n' % i)"
            let tiny = try await api.run(["command": "python3", "args": ["-c", script]], in: sandbox)
            #expect(tiny.json["exitCode"] as? Int == 0, "\(tiny.body)")
            let small = try await api.output(try #require(tiny.json["processId"] as? String))
            let even = stride(from: 0, to: 20000, by: 2).map { "\($0)\n" }.joined()
            #expect(String(decoding: small.stdout, as: UTF8.self) == even)
            #expect(small.stderr.split(separator: 10).count == 10000)
        }
    }

    @Test func aGigabyteWithoutANewlineStaysBounded() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let row = try await api.start(["command": "head -c 1000000000 /dev/zero; echo -n end"], in: sandbox)
            let id = try #require(row["id"] as? String)
            let end = try await api.ended(id)
            #expect(end["status"] as? String == "exited" && end["stdoutBytes"] as? Int == 1_000_000_003, "\(end)")
            for service in ["worker", "gateway"] {
                let status = try String(contentsOfFile: "/proc/\(api.fleet.pid(of: service))/status", encoding: .utf8)
                let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }?.split(separator: " ").dropFirst().first
                #expect(peak.flatMap { Int($0) } ?? .max < 300_000, "\(service): \(peak ?? "?") kB")
            }
            let tail = try await api.send("GET", "/v1/processes/\(id)/output?stdout=999999990")
            let chunks = try tail.body.split(separator: "\n").compactMap { try SeenChunk(line: Data($0.utf8)) }
            let bytes = chunks.filter { $0.type == "stdout" }.reduce(Data()) { $0 + $1.bytes }
            #expect(bytes == Data(repeating: 0, count: 10) + Data("end".utf8))
        }
    }

    @Test func aFrozenBrokerSlowsAndLosesNothing() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let row = try await api.start(["command": "for i in $(seq 1 400); do echo line $i; sleep 0.1; done"], in: sandbox)
            let id = try #require(row["id"] as? String)
            try await eventually("it writes") { try await api.output(id).stdout.count > 0 }
            let broker = try api.fleet.pid(of: "nats")
            kill(broker, SIGSTOP)
            try await Task.sleep(for: .seconds(30))
            kill(broker, SIGCONT)
            let end = try await eventuallyEnded(id, api)
            #expect(end["status"] as? String == "exited" && end["exitCode"] as? Int == 0, "\(end)")
            let wanted = (1...400).map { "line \($0)\n" }.joined()
            #expect(String(decoding: try await api.output(id).stdout, as: UTF8.self) == wanted)
        }
    }

    @Test func aFullBrokerStallsAndRecovers() async throws {
        try await withAPI { api in
            // Who would make room is not there.
            let reaper = try api.fleet.pid(of: "reaper")
            kill(reaper, SIGSTOP)
            defer { kill(reaper, SIGCONT) }
            let nats = try api.fleet.document.nats
            let admin = try await Bus.connect(
                BusConfiguration(urls: [nats.url], credentialsFile: nats.credentials),
                role: .admin,
                name: "test/admin",
                instance: "test",
                clock: FleetClock(databaseTime: Int64(Date().timeIntervalSince1970 * 1000)),
                logger: Logger(label: "test")
            )
            let jetStream = admin.connection.jetStream()
            var stream = try await jetStream.streamInfo("OUTPUT").config
            let roomy = stream.maximumBytes
            stream.maximumBytes = 4 << 20
            _ = try await jetStream.createOrUpdateStream(stream)
            let sandbox = try await api.sandbox()
            let writer =
                "import os, random, hashlib\nr = random.Random(5)\nd = hashlib.sha256()\n"
                + "for i in range(200):\n b = r.randbytes(100000)\n d.update(b)\n os.write(1, b)\n"
                + "open('/workspace/digest', 'w').write(d.hexdigest())"
            let row = try await api.start(["command": "python3", "args": ["-c", writer]], in: sandbox)
            let id = try #require(row["id"] as? String)
            try await eventually("it says that it is stalled", within: .seconds(30)) {
                try await api.row(id)["outputState"] as? String == "stalled"
            }
            #expect(try await api.row(id)["status"] as? String == "running")
            stream.maximumBytes = roomy
            _ = try await jetStream.createOrUpdateStream(stream)
            let end = try await api.ended(id)
            #expect(end["status"] as? String == "exited" && end["outputState"] as? String == "ok", "\(end)")
            let digest = SHA256.hash(data: try await api.output(id).stdout).map { String(format: "%02x", $0) }.joined()
            #expect(try await api.shell("cat digest", in: sandbox) == digest)
            await admin.drain()
        }
    }

    @Test func aLimitEndsTheOutputAndNotTheProcess() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let body: [String: any Sendable] = [
                "command": "head -c 3000000 /dev/zero | tr '\\\\0' x; echo done > done", "outputLimitBytes": 1_000_000,
            ]
            let on = try await api.start(body, in: sandbox)
            let end = try await api.ended(try #require(on["id"] as? String))
            #expect(end["status"] as? String == "exited" && end["exitCode"] as? Int == 0, "\(end)")
            #expect(try await api.shell("cat done", in: sandbox) == "done\n")
            let seen = try await api.output(try #require(on["id"] as? String))
            #expect(seen.stdout.count == 1_000_000)
            #expect(seen.types.suffix(2) == ["status", "exit"])
            let off = try await api.start(body.merging(["onOutputLimit": "kill"]) { _, new in new }, in: sandbox)
            let killed = try await api.ended(try #require(off["id"] as? String))
            #expect(killed["status"] as? String == "killed" && killed["reason"] as? String == "output_limit", "\(killed)")
        }
    }

    @Test func anEndIsToldToAWebhook() async throws {
        try await withAPI { api in
            try await withTemporaryDirectory { folder in
                let script = """
                    import http.server, sys
                    calls = 0
                    class Handler(http.server.BaseHTTPRequestHandler):
                        def do_POST(self):
                            global calls
                            calls += 1
                            body = self.rfile.read(int(self.headers["Content-Length"]))
                            self.send_response(500 if calls == 1 else 204)
                            self.end_headers()
                            if calls > 1:
                                open(sys.argv[1] + "/body.tmp", "wb").write(self.headers["Sandfleet-Signature"].encode() + b"\\n" + body)
                                import os; os.rename(sys.argv[1] + "/body.tmp", sys.argv[1] + "/body")
                        def log_message(self, *_): pass
                    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
                    open(sys.argv[1] + "/port.tmp", "w").write(str(server.server_port))
                    import os; os.rename(sys.argv[1] + "/port.tmp", sys.argv[1] + "/port")
                    server.serve_forever()
                    """
                try script.write(toFile: "\(folder)/server.py", atomically: true, encoding: .utf8)
                // Not Foundation's `Process`: its children may inherit blocked signals, and outlive a polite end.
                let server = try await ChildProcess.spawn(
                    ChildSpecification(
                        executable: "/usr/bin/python3",
                        arguments: ["\(folder)/server.py", folder],
                        log: "\(folder)/server.log"
                    )
                )
                defer { server.signal(SIGKILL) }
                try await eventually("the receiver listens") { FileManager.default.fileExists(atPath: "\(folder)/port") }
                let port = try String(contentsOfFile: "\(folder)/port", encoding: .utf8)
                let sandbox = try await api.sandbox()
                let row = try await api.start(
                    ["command": "exit 12", "webhook": ["url": "http://127.0.0.1:\(port)/done", "secret": "whsec"]],
                    in: sandbox
                )
                try await eventually("it is told, after a failure", within: .seconds(60)) {
                    FileManager.default.fileExists(atPath: "\(folder)/body")
                }
                let parts = try String(contentsOfFile: "\(folder)/body", encoding: .utf8).split(separator: "\n", maxSplits: 1)
                let json = try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any]
                #expect(json?["id"] as? String == row["id"] as? String && json?["exitCode"] as? Int == 12, "\(parts[1])")
                let fields = parts[0].split(separator: ",").map { $0.split(separator: "=")[1] }
                let code = HMAC<SHA256>
                    .authenticationCode(for: Data("\(fields[0]).\(parts[1])".utf8), using: SymmetricKey(data: Data("whsec".utf8)))
                #expect(code.map { String(format: "%02x", $0) }.joined() == fields[1])
            }
        }
    }

    private func eventuallyEnded(_ process: String, _ api: FleetAPI) async throws -> FleetAPI.Answer {
        var row: FleetAPI.Answer?
        try await eventually("it ends", within: .seconds(120)) {
            guard let found = try? await api.row(process) else { return false }
            row = found
            return found["status"] as? String != "running"
        }
        return try #require(row)
    }
}
