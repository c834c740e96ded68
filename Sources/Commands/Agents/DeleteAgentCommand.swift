import ArgumentParser
import SandfleetClient

/// `sandfleet agents delete`.
struct DeleteAgentCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Take a machine's credentials back, for good. What is on it stays.",
        discussion: "$ sandfleet agents delete workshop",
        aliases: ["rm"]
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The machine's id or name.")
    var agent: String

    func run(_ session: Session) async throws {
        let id = try await session.agent(agent).id
        try await session.client.deleteAgent(id)
        try await session.output.show(["removed": [id]], or: id)
    }
}
