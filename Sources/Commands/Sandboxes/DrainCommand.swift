import ArgumentParser
import SandfleetClient

/// `sandfleet drain`.
struct DrainCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Put a sandbox to sleep now.",
        discussion: """
            Its files are saved and what runs in it ends. It wakes up by itself when it is used. Only persistent sandboxes \
            can sleep.

              $ sandfleet drain build
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id or name.")
    var sandbox: String

    func run(_ session: Session) async throws {
        let drained = try await session.client.drainSandbox(try await session.sandboxID(sandbox))
        try await session.output.show(drained, or: "\(drained.id) is \(drained.status)")
    }
}
