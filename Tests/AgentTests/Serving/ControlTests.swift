import Fleet
import FleetTesting
import Glibc
import Model
import NATSClient
import NIOCore
import SwiftProtobuf
import Testing
import Wire

/// What else is asked of a running program, and what the machine's user forbids.
@Suite(.serialized) struct ControlTests {
    @Test func inputSignalsAndTerminalsReachPrograms() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("cat", "cat", stdinOpen: true)
                for _ in 0..<2 {
                    // Repeated, it is taken once.
                    let input =
                        try await caller.ask {
                            $0.append.processID = "cat"
                            $0.append.offset = 0
                            $0.append.bytes.append(contentsOf: Array("hello".utf8))
                        }
                        .input
                    #expect(input.offset == 5)
                }
                let ended =
                    try await caller.ask {
                        $0.append.processID = "cat"
                        $0.append.offset = 5
                        $0.append.end = true
                    }
                    .input
                #expect(ended.ended)
                let cat = try await caller.collect("cat")
                #expect(cat.stdout == Array("hello".utf8))
                #expect(cat.exit.code == 0)

                let terminal =
                    try await caller.ask {
                        $0.start.processID = "tty"
                        $0.start.arguments = ["/bin/sh", "-c", "stty size; read line; stty size"]
                        $0.start.terminal.rows = 30
                        $0.start.terminal.columns = 100
                    }
                    .started
                #expect(!terminal.attached)
                _ = try await caller.ask {
                    $0.resize.processID = "tty"
                    $0.resize.terminal.rows = 40
                    $0.resize.terminal.columns = 120
                }
                _ = try await caller.ask {
                    $0.append.processID = "tty"
                    $0.append.bytes.append(contentsOf: Array("\n".utf8))
                }
                #expect(String(decoding: try await caller.collect("tty").stdout, as: UTF8.self).contains("40 120"))

                try await caller.start("sleeper", "sleep", "100")
                _ = try await caller.ask {
                    $0.signal.processID = "sleeper"
                    $0.signal.number = SIGUSR1
                }
                #expect(try await caller.collect("sleeper").exit.signal == SIGUSR1)
                let missing = try await caller.refusal {
                    $0.start.processID = "nothing"
                    $0.start.arguments = ["/no/such/program"]
                }
                #expect(missing.code == .processStartFailed)
                #expect(missing.details["errno"] == "\(ENOENT)")
                #expect(try await caller.refusal { $0.pull.processID = "unknown" }.code == .processNotFound)
            }
        }
    }

    /// A denial names the setting; SIGHUP takes the file as it is then, and a wrong file changes nothing.
    @Test func denialsNameTheirSettingAndReloadsCount() async throws {
        let closed = #"{"root": "ROOT", "allow": {"exec": false, "files": false}, "maximumProcesses": 1}"#
        try await AgentFixture.with(configuration: closed) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                let exec = try await caller.refusal {
                    $0.start.processID = "x"
                    $0.start.arguments = ["true"]
                }
                #expect(exec.code == .agentDenied)
                #expect(exec.details["setting"] == "allow.exec")
                let files = try await caller.refusal { $0.stat.path = "x" }
                #expect(files.details["setting"] == "allow.files")

                try fixture.configure(#"{"root": "ROOT", "isolation": "jail"}"#)
                run.process.signal(SIGHUP)
                try await eventually("the wrong file is told of") {
                    try await fixture.run("status", "--json").contains("`isolation`")
                }
                #expect(try await caller.refusal { $0.stat.path = "." }.code == .agentDenied)
                try fixture.configure(#"{"root": "ROOT", "maximumProcesses": 1}"#)
                run.process.signal(SIGHUP)
                try await eventually("the right file counts") {
                    (try? await caller.ask { $0.stat.path = "." }) != nil
                }
                try await caller.start("one", "sleep", "100")
                let limit = try await caller.refusal {
                    $0.start.processID = "two"
                    $0.start.arguments = ["true"]
                }
                #expect(limit.code == .overloaded)
                #expect(limit.details["setting"] == "maximumProcesses")
            }
        }
    }

    /// A request whose asker has gone is not carried out (rule 4).
    @Test func lateRequestsAreDropped() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                var request = WireAgentRequest()
                request.sandboxID = caller.sandbox
                request.epoch = 1
                request.makeDirectory.path = "late"
                let payload = ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
                await #expect(throws: NATSError.self) {
                    try await fixture.client.request(
                        subject: run.subject,
                        headers: ["Sandfleet-Deadline": "\(1000)"],
                        payload: payload,
                        timeout: .seconds(1)
                    )
                }
                #expect(try await caller.refusal { $0.stat.path = "late" }.code == .fileNotFound)
            }
        }
    }
}
