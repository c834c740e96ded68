import Fleet
import FleetTesting
import Glibc
import Model
import Testing
import Wire

/// Programs run as whom the machine's user says, when root runs the agent.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct AccountTests {
    /// The strictest umask takes nothing from who has to pass, and gives nobody more.
    @Test(arguments: ["022", "077"], ["none", "bubblewrap"])
    func programsRunAsTheAccountOfTheConfiguration(_ umask: String, _ isolation: String) async throws {
        let configuration = #"{"root": "ROOT", "user": "nobody", "environment": ["LANG"], "isolation": "\#(isolation)"}"#
        try await AgentFixture.with(configuration: configuration, umask: umask) { fixture in
            // Test folders are 0700.
            chmod(fixture.folder, 0o755)
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                let script = "id -un; id -G | wc -w; touch made; env | grep -c SANDFLEET_AGENT"
                try await caller.start("who", "/bin/sh", "-c", script)
                let who = try await caller.collect("who")
                #expect(String(decoding: who.stdout, as: UTF8.self) == "nobody\n1\n0\n")
                #expect(try await caller.ask { $0.stat.path = "made" }.file.size == 0)
                try await caller.start("steal", "/bin/cat", "\(fixture.state)/identity.json")
                let steal = try await caller.collect("steal")
                #expect(steal.exit.code != 0 && steal.stdout.isEmpty)
                try await caller.start("look", "/bin/ls", "\(fixture.state)/sandboxes")
                // Isolated, it sees what leads to its own keeper's two folders.
                let look = try await caller.collect("look")
                #expect(isolation == "bubblewrap" || (look.exit.code != 0 && look.stdout.isEmpty))
            }
            var status = stat()
            for folder in [fixture.state, "\(fixture.state)/sandboxes"] {
                #expect(stat(folder, &status) == 0 && status.st_mode & 0o7777 == 0o711, "\(folder)")
            }
        }
    }

    /// What an agent did not make it does not open either; it says what is missing.
    @Test func aRootThatTheAccountCannotEnterIsTold() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "user": "nobody"}"#) { fixture in
            chmod(fixture.folder, 0o755)
            chmod(fixture.root, 0o700)
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                let fault = try await caller.refusal { $0.open.directory = "box/deep" }
                #expect(fault.code == .providerFailed && fault.message.contains("code \(EACCES)"), "\(fault)")
            }
        }
    }
}
