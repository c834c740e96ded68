import ArgumentParser
import SandfleetClient

/// `sandfleet stop`.
struct StopCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop a sandbox.",
        discussion: """
            Ends everything that runs in it. A persistent sandbox keeps its files, and 'sandfleet connect' brings it back.

              $ sandfleet stop build
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id or name.")
    var sandbox: String

    func run(_ session: Session) async throws {
        let stopped = try await session.client.stopSandbox(try await session.sandboxID(sandbox))
        try await session.output.show(stopped, or: "\(stopped.id) is \(stopped.status)")
    }
}
