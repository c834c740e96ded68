import ArgumentParser
import SandfleetClient

/// `sandfleet get`.
struct GetCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one sandbox.",
        discussion: """
            $ sandfleet get build
            $ sandfleet get build --json | jq -r .status
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id or name.")
    var sandbox: String

    func run(_ session: Session) async throws {
        let found = try await session.client.sandbox(try await session.sandboxID(sandbox))
        try await session.output.show(found, or: found.text)
    }
}
