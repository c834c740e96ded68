import ArgumentParser
import SandfleetClient

/// `sandfleet keys create`.
struct CreateKeyCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a key and print it. It is shown this once.",
        discussion: """
            $ sandfleet keys create ci
            $ sandfleet keys create dashboard --scope read
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "What you call it.")
    var name: String

    @Option(help: "What it may do: read, write or admin; may be repeated. (default: read and write)")
    var scope: [String] = []

    func run(_ session: Session) async throws {
        let scopes = scope.isEmpty ? [APIKeyScope.read, .write] : scope.map(APIKeyScope.init(rawValue:))
        let key = try await session.client.createKey(name: name, scopes: scopes)
        try await session.output.show(key, or: key.key ?? key.id)
    }
}
