import Fleet
import FleetTesting
import Glibc
import Model
import Testing
import Wire

/// What bubblewrap keeps programs from.
@Suite(.serialized) struct IsolationTests {
    @Test func isolatedProgramsSeeTheRootAndTheSystemAlone() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "isolation": "bubblewrap"}"#) { fixture in
            let first = try await fixture.start()
            var caller = AgentCaller(client: fixture.client, subject: first.subject)
            let opened = try await caller.open()
            let script = """
                echo data > inside && cat inside
                (echo x > /usr/outside) 2>/dev/null && echo wrote-system
                (echo x > \(fixture.folder)/outside) 2>/dev/null; test -e \(fixture.folder)/config && echo saw-configuration
                ls /home /root 2>/dev/null
                kill -0 \(getpid()) 2>/dev/null && echo saw-process
                echo done
                """
            try await caller.start("look", "/bin/sh", "-c", script)
            let look = try await caller.collect("look")
            #expect(String(decoding: look.stdout, as: UTF8.self) == "data\ndone\n")
            let isOutside = access("\(fixture.folder)/outside", F_OK) == 0
            #expect(!isOutside)
            #expect(TextFile.read("\(fixture.root)/box/inside") == "data\n")
            // It outlives the agent as any other.
            try await caller.start("sleeper", "sleep", "100")
            first.process.signal(SIGKILL)
            _ = try await first.process.ended()
            try await fixture.withRun(after: [first.instance.rawValue]) { run in
                caller = AgentCaller(client: fixture.client, subject: run.subject)
                let again = try await caller.open()
                #expect(again.keeperID == opened.keeperID)
                #expect(try await caller.ask { $0.processes = WireAgentProcesses() }.processes.processes.count { $0.running } == 1)
                _ = try await caller.ask { $0.close.graceMs = 100 }
            }
        }
    }
}
