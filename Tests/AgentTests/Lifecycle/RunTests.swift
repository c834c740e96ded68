import Bus
import Fleet
import FleetTesting
import Glibc
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
import Testing
import Wire

/// How a run begins and ends, and what it tells about itself.
@Suite(.serialized) struct RunTests {
    /// A machine has one agent: the second says whose process the first is.
    @Test func aSecondRunNamesTheFirst() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let second = try await fixture.spawn(log: "second")
                #expect(try await second.ended() == .exited(73))
                let said = TextFile.read("\(fixture.folder)/second") ?? ""
                #expect(said.contains("process \(run.process.pid)"), "\(said)")
            }
        }
    }

    /// Two copies of one machine do not take turns: who was taken over from stops for good, and says why.
    @Test func aRunThatWasTakenOverFromStops() async throws {
        try await AgentFixture.with { fixture in
            try fixture.gateway("mode", "agent_superseded")
            let process = try await fixture.spawn()
            #expect(try await process.ended() == .exited(73))
            let said = TextFile.read("\(fixture.folder)/output") ?? ""
            #expect(said.contains("Another run has taken over") && said.contains("agent uninstall"), "\(said)")
        }
    }

    /// Whoever looks at the status sees that the log is none.
    @Test func aLogThatCannotBeWrittenIsToldOf() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "log": {"path": "/dev/full"}}"#) { fixture in
            try await fixture.withRun { _ in
                var status = ""
                try await eventually("it is told") {
                    status = try await fixture.run("status")
                    return status.contains("It cannot be written")
                }
                #expect(status.contains("It cannot be written: No space left on device"))
            }
        }
    }

    /// An agent may be upgraded before its fleet.
    @Test func aFleetThatIsOlderIsNotAskedWhatItDoesNotKnow() async throws {
        try await AgentFixture.with { fixture in
            let first = try await fixture.withRun { run in
                try await AgentCaller(client: fixture.client, subject: run.subject).open()
                return run.instance.rawValue
            }
            try fixture.gateway("mode", "older")
            try await fixture.withRun(after: [first]) { run in
                _ = try await AgentCaller(client: fixture.client, subject: run.subject, epoch: 2).open()
            }
            #expect(fixture.gatewayRequests.contains { $0.contains("/sessions") && $0.contains("\"sandboxes\"") })
        }
    }

    /// A clean stop says goodbye (failure 17), answers what it has, and leaves no socket behind.
    @Test func aCleanStopSaysGoodbye() async throws {
        try await AgentFixture.with { fixture in
            let last = NIOLockedValueBox<WireAgentBeat?>(nil)
            let beats = try fixture.client.subscribe(subject: Subject.anyBeat) { message in
                let beat = try? WireAgentBeat(serializedBytes: Array(buffer: message.payload))
                last.withLockedValue { $0 = beat }
            }
            defer { beats.unsubscribe() }
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                let beat = try #require(last.withLockedValue { $0 })
                #expect(beat.capabilities.os == "linux")
                #expect(beat.capabilities.wireVersion == 1)
                #expect(beat.capabilities.exec && beat.capabilities.files && !beat.capabilities.isolated)
                #expect(beat.capabilities.tools.contains("python3"))
                #expect(beat.capabilities.root == fixture.root)
                let status = try await fixture.run("status")
                #expect(status.contains("online"))
                #expect(status.contains(run.process.pid.description))
            }
            try await eventually("the goodbye has come") { last.withLockedValue { $0?.leaving } == true }
            await #expect(throws: FixtureError.self) { try await fixture.run("status") }
            let operations = fixture.log.split(separator: "\n")
            #expect(operations.first?.contains("agent.started") == true)
            #expect(operations.last?.contains("agent.stopped") == true)
        }
    }

    /// Credentials that end soon are renewed on new connections, and no request is answered twice or not at all.
    @Test func credentialsAreRenewedUnderLoad() async throws {
        try await AgentFixture.with { fixture in
            try fixture.gateway("lifetime", "1200")
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("cat", "cat", stdinOpen: true)
                var sent: UInt64 = 0
                let before = fixture.gatewayRequests.count { $0.contains("/sessions") }
                while fixture.gatewayRequests.count(where: { $0.contains("/sessions") }) < before + 4 {
                    // Without an offset a second carrying out would show.
                    let input =
                        try await caller.ask {
                            $0.append.processID = "cat"
                            $0.append.bytes.append(UInt8(ascii: "x"))
                            $0.append.waitMs = 1000
                        }
                        .input
                    sent += 1
                    #expect(input.offset == sent)
                }
                #expect(sent > 20)
            }
        }
    }

    /// Revoked, it stops for good with a code of its own; a conflict is said and waited out.
    @Test func refusalsOfTheGatewayAreSaid() async throws {
        try await AgentFixture.with { fixture in
            try fixture.gateway("mode", "agent_conflict")
            let waiting = try await fixture.spawn()
            try await eventually("the conflict is told of") {
                (try? await fixture.run("status", "--json"))?.contains("The test says agent_conflict.") ?? false
            }
            await waiting.stop([StopStep(SIGTERM, grace: .seconds(20))])
            #expect(waiting.exit.value == .exited(0))
            try fixture.gateway("mode", "agent_revoked")
            let revoked = try await fixture.spawn()
            #expect(try await revoked.ended() == .exited(78))
            #expect(TextFile.read("\(fixture.folder)/output")?.contains("revoked") == true)
        }
    }

    /// The key is made here, is nobody else's to read, and a second enrollment needs the first to go.
    @Test func enrollmentMakesAKeyOnce() async throws {
        try await AgentFixture.with { fixture in
            var status = stat()
            #expect(stat("\(fixture.state)/identity.json", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let asked = fixture.gatewayRequests.joined()
            #expect(!asked.contains("\"SU"))
            do {
                try await fixture.enroll()
                Issue.record("it was enrolled twice")
            } catch let error as FixtureError {
                #expect(error.description.contains("enrolled already"))
            }
        }
    }
}
