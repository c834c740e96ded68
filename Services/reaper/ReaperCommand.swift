import ArgumentParser
import Bus
import MetricsEndpoint
import Model
import Reaper
import ServiceHost

/// Looks after what nobody asks about: workers, sandboxes, archived output, webhooks, the outbox.
@main
struct ReaperCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reaper",
        abstract: "Looks after workers, sandboxes, archived output, webhooks and the outbox.",
        discussion: "Configured by SANDFLEET_* environment variables; docs/configuration.md lists them."
    )

    @Option(help: "A JSON file with settings; the environment wins over it.")
    var config: String?

    func run() async throws {
        let settings = try await ServiceSettings(file: config)
        let instance = Identifier<Kind.Operation>.now().rawValue
        let host = try await ServiceHost.start(role: .reaper, name: "reaper", instance: instance, settings: settings)
        try await host.run(
            [ReaperService(host: host, version: ServiceHost.version)] + MetricsEndpoint.services(of: host)
        )
    }
}
