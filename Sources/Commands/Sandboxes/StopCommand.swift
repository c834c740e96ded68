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
            let isOver = stopped.status == .shutdown
            try await session.output.show(
                stopped,
                or: isOver ? "\(id) is \(stopped.status)" : "\(id) is being stopped: it is \(stopped.status) until then"
            )
        } else {
            try await session.output.show(["removed": [id]], or: "\(id) is removed: it was not persistent")
        }
    }
}
