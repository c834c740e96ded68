import ArgumentParser
import SandfleetClient

/// `sandfleet stop`.
struct StopCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop a sandbox.",
        discussion: """
            Ends everything that runs in it. A persistent sandbox keeps its files, and 'sandfleet connect' brings it back; \
            any other is removed.

              $ sandfleet stop build
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id or name.")
    var sandbox: String

    func run(_ session: Session) async throws {
        let id = try await session.sandboxID(sandbox)
        if let stopped = try await session.client.stopSandbox(id) {
            try await session.output.show(stopped, or: "\(id) is \(stopped.status)")
        } else {
            try await session.output.show(["removed": [id]], or: "\(id) is removed: it was not persistent")
        }
    }
}
