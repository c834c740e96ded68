import ArgumentParser
import SandfleetClient

/// `sandfleet port`.
struct PortCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "port",
        abstract: "Show where a port of a sandbox is reached from outside.",
        discussion: """
            Prints the URL alone; --json adds the headers that a request has to carry where the provider asks for some.

              $ curl $(sandfleet port build 8080)
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id or name.")
    var sandbox: String

    @Argument(help: "The port that something listens on in the sandbox.")
    var port: Int

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("A port is a number between 1 and 65535.") }
    }

    func run(_ session: Session) async throws {
        let address = try await session.client.address(ofPort: port, in: try await session.sandboxID(sandbox))
        try await session.output.show(address, or: address.url)
    }
}
