import FleetTesting
import Model
import NIOCore
import NIOPosix
import Testing
import Wire

/// What the machine's user says about its network.
@Suite(.serialized) struct NetworkTests {
    /// Each interface but the loopback.
    private static let interfaces = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | grep -vc '^lo$'; echo over"

    @Test func programsWithoutTheNetworkReachNothingOfTheMachines() async throws {
        let configuration = #"{"root": "ROOT", "isolation": "bubblewrap", "allow": {"network": false}}"#
        try await AgentFixture.with(configuration: configuration) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                // Who wants the network, or does not know that there is a choice, is told which setting says no.
                let refused = try await caller.refusal { $0.open.directory = "box" }
                #expect(refused.code == .agentDenied && refused.details["setting"] == "allow.network", "\(refused)")
                let opened =
                    try await caller.ask {
                        $0.open.directory = "box"
                        $0.open.withoutNetwork = true
                    }
                    .opened
                #expect(opened.isFresh)
                // The gateway listens on the machine's own loopback.
                let script = """
                    \(Self.interfaces)
                    python3 -c 'import socket; socket.create_connection(("127.0.0.1", \(fixture.gatewayPort)), 5)' 2>&1 | tail -n 1
                    """
                try await caller.start("look", "/bin/sh", "-c", script)
                let output = String(decoding: try await caller.collect("look").stdout, as: UTF8.self)
                #expect(output.hasPrefix("0\nover\n") && output.contains("refused"), "\(output)")
            }
        }
    }

    /// What cannot be held is not promised.
    @Test func aSharedNetworkIsNotTakenFromASandbox() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                let refused = try await caller.refusal { $0.open.withoutNetwork = true }
                #expect(refused.code == .unsupported && refused.details["setting"] == "isolation", "\(refused)")
                #expect(try await caller.open().isFresh)
            }
        }
    }
}
