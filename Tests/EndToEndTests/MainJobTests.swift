import Crypto
import FleetTesting
import Foundation
import NIOCore
import SandfleetClient
import Testing

@Suite(.serialized) struct MainJobTests {
    @Test func createUploadRunDownloadStop() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox {
                $0.env = ["GREETING": "good morning"]
                $0.networkPolicy = NetworkPolicy.none
            }
            #expect(sandbox.status == .active)

            // Streams, in order, with the exit at the end.
            var seen = ""
            var exitCode: Int?
            for try await chunk in try await api.client.stream(
                .shell("for i in 1 2 3; do echo $i; sleep 0.05; done; echo $GREETING >&2; exit 7"),
                in: sandbox.id
            ) {
                if chunk.type == .stdout { seen += chunk.text ?? "" }
                if chunk.type == .stderr { seen += "[\(chunk.text ?? "")]" }
                if let exit = chunk.exit { exitCode = exit.exitCode }
            }
            #expect(seen == "1\n2\n3\n[good morning\n]")
            #expect(exitCode == 7)

            // Bytes survive both ways, larger than any message.
            let bytes = ByteBuffer(bytes: (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            let stored = try await api.client.upload(.bytes(bytes), to: "in/data.bin", in: sandbox.id, mode: 0o640)
            #expect(stored.size == bytes.readableBytes)
            let inside = try await api.shell("sha256sum in/data.bin; stat -c %a in/data.bin", in: sandbox)
            let digest = SHA256.hash(data: Data(bytes.readableBytesView)).map { String(format: "%02x", $0) }.joined()
            #expect(inside.hasPrefix(digest) && inside.hasSuffix("640\n"))
            var back = ByteBuffer()
            for try await chunk in try await api.client.download("/workspace/in/data.bin", from: sandbox.id).bytes {
                back.writeImmutableBuffer(chunk)
            }
            #expect(back == bytes)

            // What was stopped keeps its files, and comes back only when asked.
            let stopped = try #require(try await api.client.stopSandbox(sandbox.id))
            #expect(stopped.status == .shutdown)
            #expect(try api.runningBoxes == 0)
            let refused = try await api.send("POST", "/v1/sandboxes/\(sandbox.id)/commands", #"{"command":"true"}"#)
            #expect(refused.status == 409 && refused.code == "sandbox_not_active")
            #expect(try await api.client.connectSandbox(sandbox.id).status == .active)
            #expect(try await api.shell("sha256sum in/data.bin", in: sandbox).hasPrefix(digest))

            try await api.client.deleteSandbox(sandbox.id)
            let gone = try await api.send("GET", "/v1/sandboxes/\(sandbox.id)")
            #expect(gone.status == 404 && gone.code == "sandbox_not_found")
        }
    }

    @Test func tarGoesBothWays() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            try await withTemporaryDirectory { folder in
                try await Tool.run("/bin/sh", ["-c", "cd \(folder) && mkdir -p a/b && echo deep > a/b/c && ln -s b a/l && tar cf t.tar a"])
                let tar = ByteBuffer(bytes: try Data(contentsOf: URL(filePath: "\(folder)/t.tar")))
                try await api.client.uploadArchive(.bytes(tar), into: "/workspace/x", in: sandbox.id)
                #expect(try await api.shell("cat x/a/l/c", in: sandbox) == "deep\n")
                var back = ByteBuffer()
                for try await chunk in try await api.client.downloadArchive(of: "/workspace/x", from: sandbox.id) {
                    back.writeImmutableBuffer(chunk)
                }
                try Data(back.readableBytesView).write(to: URL(filePath: "\(folder)/back.tar"))
                #expect(try await Tool.run("/bin/tar", ["-tf", "\(folder)/back.tar"]).contains("./a/b/c"))
                let cut = tar.getSlice(at: 0, length: 1600) ?? tar
                let broken = try await api.send(
                    "POST",
                    "/v1/sandboxes/\(sandbox.id)/files:batch?path=y",
                    String(buffer: cut),
                    headers: ["Content-Type": "application/x-tar"]
                )
                #expect(broken.status == 400 && broken.code == "archive_invalid", "\(broken.body)")
            }
        }
    }

    @Test func everyAnswerIsOneThatTheContractPromises() async throws {
        try await withAPI { api in
            let python = ProcessInfo.processInfo.environment["SANDFLEET_TEST_PYTHON"] ?? "python3"
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "openapi_contract.py")
            let output = try await Tool.run(python, [script.path, api.fleet.url, api.fleet.apiKey])
            #expect(output.contains("ok: "), "\(output)")
        }
    }

    @Test func whatTheProviderCannotHoldIsRefused() async throws {
        try await withAPI { api in
            for body in [#"{"ports":[8080]}"#, #"{"resources":{"diskMb":100}}"#] {
                let answer = try await api.send("POST", "/v1/sandboxes", body)
                #expect(answer.status == 422 && answer.code == "unsupported", "\(answer.body)")
            }
            #expect(try api.runningBoxes == 0)
        }
    }

    @Test func inputOfAnySizeIsTakenOrLeft() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let path = "/v1/sandboxes/\(sandbox.id)/commands"
            let input = String(repeating: "x", count: 300_000)
            for _ in 0..<12 {
                let counted = try await api.send("POST", path, #"{"command":"wc -c","stdin":"\#(input)"}"#)
                #expect(counted.json["stdout"] as? String == "300000\n", "\(counted.body)")
            }
            let left = try await api.send("POST", path, #"{"command":"echo hello","stdin":"\#(input)"}"#)
            #expect(left.json["stdout"] as? String == "hello\n", "\(left.body)")
            let huge = String(repeating: "y", count: 5_000_000)
            let unread = try await api.send("POST", path, #"{"command":"true","args":[],"stdin":"\#(huge)"}"#)
            #expect(unread.json["exitCode"] as? Int == 0, "\(unread.body)")

            // Nothing is something to upload too, with a length and without.
            let url = try "\(api.fleet.url)/v1/sandboxes/\(sandbox.id)/files?path=empty"
            let key = try api.fleet.apiKey
            for arguments in [["-T", "-"], ["-X", "PUT", "--data-binary", ""]] {
                let stored = try await Tool.run(
                    "/usr/bin/curl",
                    ["-sS", "-m", "20", "-H", "Authorization: Bearer \(key)"] + arguments + [url]
                )
                #expect(stored.contains(#""size":0"#), "\(stored)")
            }
            let names = try await api.client.directory(".", in: sandbox.id).entries.map(\.name)
            #expect(names == ["empty"])
            let missing = try await api.shell("true", in: sandbox)
            #expect(missing.isEmpty)
            let named = try await api.send("POST", "/v1/sandboxes", #"{"name":"a\u0000b"}"#)
            #expect(named.status == 400 && named.code == "invalid_request", "\(named.body)")
            #expect(try await api.client.fleet().services.map(\.name).sorted() == ["gateway", "reaper", "worker"])
        }
    }

    @Test func timeoutsEndTheWholeTree() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let began = ContinuousClock.now
            let answer = try await api.send(
                "POST",
                "/v1/sandboxes/\(sandbox.id)/commands",
                #"{"command":"(setsid sleep 1000 &) ; sleep 1000","timeoutMs":300}"#
            )
            #expect(answer.status == 200)
            #expect(answer.json["status"] as? String == "killed")
            #expect(answer.json["reason"] as? String == "timeout")
            #expect(.now - began < .seconds(60))
            #expect(try await api.shell("pgrep -c sleep || true", in: sandbox) == "0\n")
        }
    }

    @Test func idleAndExpiredSandboxesAreLookedAfter() async throws {
        try await withAPI { api in
            let idle = try await api.sandbox { $0.idleTimeoutMs = 1500 }
            let expiring = try await api.sandbox { $0.timeoutMs = 2500 }
            let busy = try await api.sandbox { $0.idleTimeoutMs = 1500 }
            _ = try await api.shell("echo kept > file", in: idle)
            // Silent for longer than the idle timeout: work is activity.
            async let working = api.shell("sleep 5; echo worked", in: busy)
            try await eventually("the idle sandbox is paused") {
                try await api.client.sandbox(idle.id).status == .paused
            }
            try await eventually("the expired sandbox is stopped") {
                try await api.client.sandbox(expiring.id).status == .shutdown
            }
            #expect(try await working == "worked\n")
            // Paused comes back by itself.
            #expect(try await api.shell("cat file", in: idle) == "kept\n")
        }
    }
}
