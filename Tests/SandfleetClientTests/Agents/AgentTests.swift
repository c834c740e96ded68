import ContractServer
import Foundation
import SandfleetClient
import Testing

@Suite(.timeLimit(.minutes(3))) struct AgentTests {
    @Test func agentsAndTheirSandboxes() async throws {
        try await ContractServer.with { server in
            let client = try SandfleetClient(url: server.url, apiKey: ContractServer.key)
            var agents: [Agent] = []
            for try await agent in client.agents() { agents.append(agent) }
            #expect(agents.map(\.name) == ["attic", "workshop"] && agents[0].capabilities == nil)
            #expect(agents[1].state == .online && agents[1].capabilities?.root == "/srv/work")
            var update = AgentUpdate()
            update.labels = ["a": "b"]
            #expect(try await client.updateAgent(agents[1].id, update).labels == ["a": "b"])
            var request = SandboxRequest()
            request.provider = "selfhosted"
            request.selfhosted = SelfHosted(directory: "project")
            for choice in [AgentChoice.named("workshop"), .labels(["a": "b"])] {
                request.agent = choice
                #expect(try await client.createSandbox(request).agent == agents[1].id)
                let copy = try JSONDecoder().decode(SandboxRequest.self, from: JSONEncoder().encode(request))
                #expect(copy == request)
            }
            let enrollment = try await client.createEnrollment()
            #expect(enrollment.token?.hasPrefix("sfe_") == true && enrollment.state == "pending")
            try await client.deleteEnrollment(enrollment.id)
            try await client.deleteAgent(agents[0].id)
            await #expect(throws: SandfleetError.self) { try await client.agent(agents[0].id) }
        }
    }
}
