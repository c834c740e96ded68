import ArgumentParser
import SandfleetClient

/// `sandfleet connect`.
struct ConnectCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Bring a sandbox back to life.",
        discussion: """
            Attaches to its box, or restores it. A sandbox that sleeps needs no connect: it wakes up when it is used.

              $ sandfleet connect build
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id or name.")
    var sandbox: String

    func run(_ session: Session) async throws {
        let connected = try await session.client.connectSandbox(try await session.sandboxID(sandbox))
        try await session.output.show(connected, or: "\(connected.id) is \(connected.status)")
    }
}
