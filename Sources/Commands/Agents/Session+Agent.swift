import SandfleetClient

extension Session {
    /// The agent that a person named by its id or by its name.
    func agent(_ reference: String) async throws -> Agent {
        if Self.isID(reference) { return try await client.agent(reference) }
        for try await agent in client.agents() where agent.name == reference { return agent }
        throw Failure(
            .refused,
            "there is no agent with the id or name '\(reference)'",
            hint: "see what there is with 'sandfleet agents'"
        )
    }
}
