import Fleet
import FleetTesting
import Glibc
import Model
import NATSClient
import Testing
import Wire

/// Programs outlive the agent, and nothing that they write is lost or told twice.
@Suite(.serialized) struct DurabilityTests {
    /// Numbered lines to both outputs; whoever has them all can tell whether one is missing.
    private static let program = """
        import os, time
        for number in range(6000):
            os.write(1, b'%07d out\\n' % number * 10)
            if number % 3 == 0: os.write(2, b'%07d err\\n' % number)
            if number % 100 == 0: time.sleep(0.02)
        os._exit(7)
        """

    private func check(_ output: CollectedOutput) {
        var stdout = ""
        var stderr = ""
        func padded(_ number: Int) -> String { String(repeating: "0", count: 7 - String(number).count) + String(number) }
        for number in 0..<6000 {
            stdout += String(repeating: padded(number) + " out\n", count: 10)
            if number % 3 == 0 { stderr += padded(number) + " err\n" }
        }
        #expect(output.stdout == Array(stdout.utf8))
        #expect(output.stderr == Array(stderr.utf8))
    }

    /// The agent is killed and started again, and the broker too, while a program writes.
    @Test func outputIsWholeOverKillsOfAgentAndBroker() async throws {
        try await AgentFixture.with { fixture in
            var run = try await fixture.start()
            var caller = AgentCaller(client: fixture.client, subject: run.subject)
            let opened = try await caller.open(env: ["SECRET": "of-the-sandbox"])
            #expect(opened.isFresh)
            #expect(opened.directory == fixture.root + "/box")
            try await caller.start("writer", "python3", "-c", Self.program)
            var output = CollectedOutput()
            var instances = [run.instance.rawValue]
            var (kills, exit) = (0, WireAgentExit?.none)
            while exit == nil {
                do {
                    exit = try output.add(
                        try await caller.pull(
                            "writer",
                            stdout: UInt64(output.stdout.count),
                            stderr: UInt64(output.stderr.count)
                        )
                    )
                } catch let error as NATSError where kills == 2 && error.code != .timeout {
                    // The broker is coming back; what was not answered is asked again.
                    try await Task.sleep(for: .milliseconds(50))
                }
                if output.stdout.count > (kills + 1) * 150_000, kills != 2 {
                    kills += 1
                    run.process.signal(SIGKILL)
                    _ = try await run.process.ended()
                    run = try await fixture.start(after: instances)
                    instances.append(run.instance.rawValue)
                    caller = AgentCaller(client: fixture.client, subject: run.subject)
                    let again = try await caller.open()
                    #expect(!again.isFresh)
                    #expect(again.keeperID == opened.keeperID)
                    #expect(again.lostReason.isEmpty)
                    #expect(try await caller.start("writer", "false").attached)
                    if kills == 2 {
                        await fixture.broker.runner.kill()
                        try await fixture.broker.runner.start()
                    }
                }
            }
            #expect(kills == 2)
            #expect(exit?.code == 7)
            check(output)
            _ = try await caller.ask { $0.release.processID = "writer" }
            // Again it is done.
            _ = try await caller.ask { $0.release.processID = "writer" }
            #expect(try await caller.ask { $0.processes = WireAgentProcesses() }.processes.processes.isEmpty)
            // Its environment is the keeper's, and nowhere else.
            try await caller.start("variable", "/bin/sh", "-c", "printf %s \"$SECRET\"")
            #expect(try await caller.collect("variable").stdout == Array("of-the-sandbox".utf8))
            #expect(!fixture.log.contains("of-the-sandbox"))
            await run.process.stop([StopStep(SIGTERM, grace: .seconds(20))])
            #expect(run.process.exit.value == .exited(0))
        }
    }

    /// A keeper that has gone is told of, with the reason; the next one is fresh.
    @Test func aLostKeeperIsToldOf() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                #expect(
                    try await caller
                        .refusal {
                            $0.start.processID = "x"
                            $0.start.arguments = ["true"]
                        }
                        .code == .sandboxNotActive
                )
                let first = try await caller.open()
                try await eventually("the start is logged") { fixture.log.contains("keeper.started") }
                let pid = try #require(
                    fixture.log.split(separator: "\n").last { $0.contains("\"keeper.started\"") }?
                        .split(separator: "\"pid\":").last?
                        .split(separator: ",").first.flatMap { Int32($0) }
                )
                kill(pid, SIGKILL)
                try await eventually("the keeper is missed") {
                    do {
                        _ = try await caller.ask { $0.processes = WireAgentProcesses() }
                        return false
                    } catch let fault as Fault {
                        return fault.code == .sandboxNotActive && fault.details["reason"] == "keeper_died"
                    }
                }
                func open(_ attempt: String) async throws -> WireAgentOpened {
                    try await caller.ask {
                        $0.open.directory = "box"
                        $0.open.attempt = attempt
                    }
                    .opened
                }
                let second = try await open("wish")
                #expect(second.isFresh)
                #expect(second.lostReason == "keeper_died")
                #expect(second.keeperID != first.keeperID)
                // Who has not heard it is told again, and nobody else.
                #expect(try await open("wish") == second)
                let other = try await open("another")
                #expect(!other.isFresh && other.lostReason.isEmpty && other.keeperID == second.keeperID)
                #expect(try await !caller.open().isFresh)
                run.process.signal(SIGKILL)
                _ = try await run.process.ended()
                try await fixture.withRun(after: [run.instance.rawValue]) { next in
                    let caller = AgentCaller(client: fixture.client, subject: next.subject)
                    let again = try await caller.ask {
                        $0.open.directory = "box"
                        $0.open.attempt = "wish"
                    }
                    #expect(again.opened == second)
                }
            }
        }
    }

    /// Rule 5, over a restart: an epoch that was superseded is refused everything, and so is what it started to ask.
    @Test func theHighestEpochAloneIsServed() async throws {
        try await AgentFixture.with { fixture in
            let first = try await fixture.withRun { run in
                var caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                caller.epoch = 5
                try await caller.start("sleeper", "sleep", "100")
                caller.epoch = 4
                #expect(try await caller.refusal { $0.processes = WireAgentProcesses() }.code == .leaseLost)
                #expect(try await caller.refusal { $0.open.directory = "box" }.code == .leaseLost)
                return run.instance.rawValue
            }
            try await fixture.withRun(after: [first]) { run in
                var caller = AgentCaller(client: fixture.client, subject: run.subject)
                caller.epoch = 4
                let fault = try await caller.refusal { $0.close.graceMs = 0 }
                #expect(fault.code == .leaseLost)
                #expect(fault.details["epoch"] == "5")
                caller.epoch = 5
                #expect(try await caller.ask { $0.processes = WireAgentProcesses() }.processes.processes.count == 1)
                // A tombstone: what was killed before it came does not start.
                _ = try await caller.ask { $0.kill.processID = "late" }
                #expect(
                    try await caller
                        .refusal {
                            $0.start.processID = "late"
                            $0.start.arguments = ["true"]
                        }
                        .code
                        == .processEnded
                )
                _ = try await caller.ask { $0.kill.processID = "sleeper" }
                #expect(try await caller.collect("sleeper").exit.signal == SIGKILL)
                _ = try await caller.ask { $0.close.graceMs = 0 }
                _ = try await caller.ask { $0.close.graceMs = 0 }
                #expect(try await caller.refusal { $0.processes = WireAgentProcesses() }.code == .sandboxNotActive)
            }
        }
    }
}
