import ArgumentParser
import Gateway

/// The public HTTP API of the fleet.
@main
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Serves the HTTP API of a Sandfleet.",
        discussion: "Everything is configured by environment variables; docs/configuration.md lists them."
    )

    @Option(help: "A JSON file with settings; the environment wins over it.")
    var config: String?

    func run() async throws {
        try await Gateway.run(configurationFile: config)
    }
}
