import Crypto
import Fleet
import FleetTesting
import Foundation
import NIOCore
import SandfleetClient
import Testing

/// The main job on Vercel, through the public API of a whole fleet.
@Suite(.serialized) struct VercelTests {
    private static let value = "a-value-that-nobody-may-see"

    private func withVercel(_ body: (FleetAPI, EmulatorProcess) async throws -> Void) async throws {
        try await withEmulator("vercel", ["--delay", "0.02"]) { emulator in
            var options = TestFleet.Options()
            options.environment = [
                "SANDBOX_VERCEL_TOKEN": EmulatorProcess.token, "SANDBOX_VERCEL_TEAM_ID": "team_emulated",
                "SANDBOX_VERCEL_PROJECT_ID": "prj_emulated", "SANDBOX_VERCEL_BASE_URL": emulator.baseURL,
            ]
            try await withAPI(options) { api in try await body(api, emulator) }
        }
    }

    @Test func createUploadRunDownloadStop() async throws {
        try await withVercel { api, _ in
            let sandbox = try await api.sandbox {
                $0.provider = "vercel"
                $0.purpose = "an agent's desk"
                $0.env = ["GREETING": "good morning"]
            }
            #expect(sandbox.status == .active)
            var seen = ""
            var exitCode: Int?
            for try await chunk in try await api.client.stream(
                .shell("for i in 1 2 3; do echo $i; done; echo $GREETING >&2; exit 7"),
                in: sandbox.id
            ) {
                if chunk.type == .stdout || chunk.type == .stderr { seen += chunk.text ?? "" }
                if let exit = chunk.exit { exitCode = exit.exitCode }
            }
            #expect(seen.contains("1\n2\n3\n") && seen.contains("good morning\n"))
            #expect(exitCode == 7)

            let bytes = ByteBuffer(bytes: (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            _ = try await api.client.upload(.bytes(bytes), to: "in/data.bin", in: sandbox.id, mode: 0o640)
            let digest = SHA256.hash(data: Data(bytes.readableBytesView)).map { String(format: "%02x", $0) }.joined()
            #expect(try await api.shell("sha256sum in/data.bin", in: sandbox).hasPrefix(digest))
            var back = ByteBuffer()
            for try await chunk in try await api.client.download("/workspace/in/data.bin", from: sandbox.id).bytes {
                back.writeImmutableBuffer(chunk)
            }
            #expect(back == bytes)

            // Drained, and awoken by its next use; stopped, and asked for again.
            #expect(try await api.client.drainSandbox(sandbox.id).status == .paused)
            #expect(try await api.shell("sha256sum in/data.bin", in: sandbox).hasPrefix(digest))
            #expect(try await api.client.stopSandbox(sandbox.id)?.status == .shutdown)
            #expect(try await api.client.connectSandbox(sandbox.id).status == .active)
            #expect(try await api.shell("sha256sum in/data.bin", in: sandbox).hasPrefix(digest))
            try await api.client.deleteSandbox(sandbox.id)
        }
    }

    @Test func checkpointsComeBackAndFork() async throws {
        try await withVercel { api, _ in
            let sandbox = try await api.sandbox { $0.provider = "vercel" }
            _ = try await api.shell("echo one > file", in: sandbox)
            let saved = try await api.client.createCheckpoint(of: sandbox.id, CheckpointRequest())
            #expect(saved.status == .ready)
            // The session ended with it, and the next command begins another one.
            #expect(try await api.shell("cat file; echo two > file", in: sandbox) == "one\n")
            #expect(try await api.client.restoreCheckpoint(saved.id, in: sandbox.id).status == .active)
            #expect(try await api.shell("cat file", in: sandbox) == "one\n")
            let fork = try await api.client.forkSandbox(sandbox.id)
            #expect(try await api.shell("cat file", in: fork) == "one\n")
            try await api.client.deleteSandbox(fork.id)
            try await api.client.deleteSandbox(sandbox.id)
        }
    }

    @Test func noSecretIsKeptOrTold() async throws {
        try await withVercel { api, emulator in
            let sandbox = try await api.sandbox {
                $0.provider = "vercel"
                $0.env = ["KEY": Self.value]
            }
            #expect(try await api.shell("echo ${#KEY}", in: sandbox) == "\(Self.value.count)\n")
            // What fails says why, and that is stored as well.
            try await emulator.inject(EmulatorFault(.unauthorized, "POST", "*/v3/sandboxes", count: nil))
            let body = "{\"provider\": \"vercel\", \"env\": {\"KEY\": \"\(Self.value)\"}}"
            let refused = try await api.send("POST", "/v1/sandboxes", body)
            #expect(refused.status >= 400)
            try await emulator.clearFaults()

            var all = refused.body
            let dump = try PostgresInstallation.locate().program("pg_dump")
            all += try await Tool.run(dump, ["--data-only", "--dbname", try api.fleet.document.postgres.url])
            let logs = "\(api.fleet.data)/logs"
            for name in try FileManager.default.contentsOfDirectory(atPath: logs) {
                all += TextFile.read("\(logs)/\(name)") ?? ""
            }
            #expect(all.contains(sandbox.id))
            for secret in [EmulatorProcess.token, Self.value] {
                #expect(!all.contains(secret))
                #expect(!all.contains(secret.utf8.map { String(format: "%02x", $0) }.joined()))
                #expect(!all.contains(Data(secret.utf8).base64EncodedString()))
            }
            try await api.client.deleteSandbox(sandbox.id)
        }
    }
}
