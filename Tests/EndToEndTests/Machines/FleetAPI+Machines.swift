import FleetTesting
import Foundation
import SandfleetClient

extension FleetAPI {
    /// The machine as the fleet sees it.
    func agent(_ name: String) async throws -> Agent {
        for try await agent in client.agents() where agent.name == name { return agent }
        throw FixtureError("the fleet knows no machine \(name)")
    }

    func waitFor(_ machine: UserMachine, toBe state: AgentState, within limit: Duration = .seconds(30)) async throws {
        try await eventually("\(machine.name) is \(state): \(machine.log)", within: limit) {
            try await agent(machine.name).state == state
        }
    }

    /// Enrolls it, starts its agent, and returns once the fleet has heard it.
    func bring(_ machine: UserMachine, labels: [String: String] = [:]) async throws {
        try await machine.enroll(in: fleet, labels: labels)
        try await machine.start()
        try await waitFor(machine, toBe: .online)
    }

    func sandbox(on machine: UserMachine, _ change: (inout SandboxRequest) -> Void = { _ in }) async throws -> Sandbox {
        try await sandbox {
            $0.provider = "selfhosted"
            $0.agent = .named(machine.name)
            change(&$0)
        }
    }
}
