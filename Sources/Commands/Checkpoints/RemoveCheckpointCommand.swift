import ArgumentParser
import SandfleetClient

/// `sandfleet checkpoint rm`.
struct RemoveCheckpointCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove checkpoints.",
        discussion: """
            Sandboxes that were made from them keep their files.

              $ sandfleet checkpoint rm 01m7tq3nq0fa2svz3c0yqk2m4d
            """,
        aliases: ["delete"]
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Their ids, as 'sandfleet checkpoint ls' shows them.")
    var checkpoints: [String]

    func run(_ session: Session) async throws {
        try await session.removing(checkpoints) { try await session.client.deleteCheckpoint($0) }
    }
}
