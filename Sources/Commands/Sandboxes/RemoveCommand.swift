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
        var removed: [String] = []
        for reference in sandboxes {
            let id = try await session.sandboxID(reference)
            try await session.client.deleteSandbox(id)
            removed.append(id)
        }
        try await session.output.show(["removed": removed], or: removed.joined(separator: "\n"))
    }
}
