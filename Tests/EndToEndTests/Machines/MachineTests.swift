import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import NIOCore
import SandfleetClient
import Testing

/// The whole way from a token to work on a user's own machine, as its documentation tells it.
@Suite(.serialized) struct MachineTests {
    @Test func aMachineDoesWhatAnySandboxDoes() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try await api.bring(machine, labels: ["gpu": "yes"])
                let sandbox = try await api.sandbox(on: machine) {
                    $0.env = ["GREETING": "good morning"]
                    $0.selfhosted = SelfHosted(directory: "project")
                }
                #expect(sandbox.status == .active)
                try await streams(in: sandbox, api)
                try await movesFiles(in: sandbox, machine, api)

                // A detached process runs on, is listed, takes input and a signal.
                let reader = try await api.start(
                    ["command": "while read line; do echo got $line; done; echo done", "stdinOpen": true],
                    in: sandbox
                )
                let id = try #require(reader["id"] as? String)
                let writer = try await api.send(
                    "POST",
                    "/v1/processes/\(id)/stdin?offset=0&end=true",
                    "one\ntwo\n",
                    headers: ["Content-Type": "application/octet-stream"]
                )
                #expect(writer.status == 200, "\(writer.body)")
                #expect(try await api.ended(id)["exitCode"] as? Int == 0)
                #expect(try await api.output(id).stdout == Data("got one\ngot two\ndone\n".utf8))
                let sleeper = try #require(try await api.start(["command": "sleep 1000"], in: sandbox)["id"] as? String)
                #expect(try await api.client.cancelProcess(sleeper).status == .killed)

                // By labels: any that is online and has them.
                let labelled = try await api.sandbox {
                    $0.provider = "selfhosted"
                    $0.agent = .labels(["gpu": "yes"])
                }
                #expect(try await api.shell("pwd", in: labelled) == "\(machine.root)\n")
                let none = try await api.send(
                    "POST",
                    "/v1/sandboxes",
                    #"{"provider":"selfhosted","agent":{"labels":{"gpu":"no"}}}"#
                )
                #expect(none.status == 503 && none.code == "agent_offline", "\(none.body)")

                try await endsWhatRuns(sandbox, machine, api)
                try await api.client.deleteSandbox(sandbox.id)
                try await api.client.deleteSandbox(labelled.id)
                let gone = try await api.send("GET", "/v1/sandboxes/\(sandbox.id)")
                #expect(gone.status == 404 && gone.code == "sandbox_not_found")
                // Whatever becomes of sandboxes, a user's files stay.
                #expect(FileManager.default.fileExists(atPath: "\(machine.root)/project/in/data.bin"))
                try await leaves(machine, api)
            }
        }
    }

    private func streams(in sandbox: Sandbox, _ api: FleetAPI) async throws {
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
    }

    private func movesFiles(in sandbox: Sandbox, _ machine: UserMachine, _ api: FleetAPI) async throws {
        let bytes = ByteBuffer(bytes: (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        let stored = try await api.client.upload(.bytes(bytes), to: "in/data.bin", in: sandbox.id, mode: 0o640)
        #expect(stored.size == bytes.readableBytes)
        let there = try Data(contentsOf: URL(filePath: "\(machine.root)/project/in/data.bin"))
        #expect(there == Data(bytes.readableBytesView))
        #expect(try await api.shell("stat -c %a in/data.bin", in: sandbox) == "640\n")
        var back = ByteBuffer()
        for try await chunk in try await api.client.download("in/data.bin", from: sandbox.id).bytes {
            back.writeImmutableBuffer(chunk)
        }
        #expect(back == bytes)
        let names = try await api.client.directory("in", in: sandbox.id).entries.map(\.name)
        #expect(names == ["data.bin"])
    }

    /// What was stopped keeps its files and nothing that ran; it comes back when asked.
    private func endsWhatRuns(_ sandbox: Sandbox, _ machine: UserMachine, _ api: FleetAPI) async throws {
        let running = try #require(try await api.start(["command": "sleep 1007"], in: sandbox)["id"] as? String)
        let stopped = try #require(try await api.client.stopSandbox(sandbox.id))
        #expect(stopped.status == .shutdown)
        #expect(try await api.row(running)["status"] as? String == "lost")
        let refused = try await api.send("POST", "/v1/sandboxes/\(sandbox.id)/commands", #"{"command":"true"}"#)
        #expect(refused.status == 409 && refused.code == "sandbox_not_active")
        #expect(try await api.client.connectSandbox(sandbox.id).status == .active)
        #expect(try await api.shell("ls in; pgrep -fc 'slee[p] 1007' || true", in: sandbox) == "data.bin\n0\n")
    }

    /// A clean stop is announced, and whoever asks is told; a machine that was taken out stops for good.
    private func leaves(_ machine: UserMachine, _ api: FleetAPI) async throws {
        let sandbox = try await api.sandbox(on: machine)
        #expect(try await machine.end(SIGTERM) == .exited(0))
        try await api.waitFor(machine, toBe: .offline, within: .seconds(30))
        let away = try await api.run(["command": "true"], in: sandbox)
        #expect(away.status == 503 && away.code == "agent_offline", "\(away.body)")
        #expect(away.headers["Retry-After"] != nil)
        let absent = try await api.send(
            "POST",
            "/v1/sandboxes",
            #"{"provider":"selfhosted","agent":"\#(machine.name)"}"#
        )
        #expect(absent.status == 503 && absent.code == "agent_offline", "\(absent.body)")
        try await machine.start()
        try await api.waitFor(machine, toBe: .online)
        try await eventually("the sandbox is served again") {
            try await api.run(["command": "true"], in: sandbox)["exitCode"] as? Int == 0
        }
        try await api.client.deleteSandbox(sandbox.id)
        try await api.fleet.cli("agents", "delete", machine.name)
        #expect(try await machine.ended() == .exited(78))
        #expect(machine.output.contains("revoked") || machine.output.contains("not know"), "\(machine.output)")
    }
}
