import ArgumentParser
import SandfleetClient

/// `sandfleet rm`.
struct RemoveCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove sandboxes and everything in them.",
        discussion: """
            $ sandfleet rm build test
            $ sandfleet rm $(sandfleet ls --json | jq -r '.items[].id')
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Their ids or names.")
    var sandboxes: [String]

    func run(_ session: Session) async throws {
        // A name that is mistyped removes nothing.
        var ids: [String] = []
        for reference in sandboxes { ids.append(try await session.sandboxID(reference)) }
        try await session.removing(ids) { try await session.client.deleteSandbox($0) }
    }
}
