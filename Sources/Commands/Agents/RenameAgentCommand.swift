import ArgumentParser
import SandfleetClient

/// `sandfleet agents rename`.
struct RenameAgentCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a machine another name.",
        discussion: "$ sandfleet agents rename laptop workshop"
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The machine's id or name.")
    var agent: String

    @Argument(help: "Its name from now on.")
    var name: String

    func run(_ session: Session) async throws {
        var update = AgentUpdate()
        update.name = name
        let agent = try await session.client.updateAgent(try await session.agent(agent).id, update)
        try await session.output.show(agent, or: agent.name)
    }
}
