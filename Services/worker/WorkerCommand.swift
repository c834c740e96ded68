import ArgumentParser
import Bus
import Foundation
import MetricsEndpoint
import Model
import ProviderKit
import ServiceHost
import ServiceLifecycle
import Worker

/// Owns sandboxes: holds their leases, calls their providers, serves what is asked of them.
@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Owns sandboxes: holds their leases, calls their providers, serves what is asked of them.",
        discussion: "Configured by SANDFLEET_* environment variables; docs/configuration.md lists them."
    )

    @Option(help: "A JSON file with settings; the environment wins over it.")
    var config: String?

    func run() async throws {
        let settings = try await ServiceSettings(file: config)
        let identity = WorkerIdentity(id: .now(), name: try settings.string(.workerName), fleet: try settings.fleet())
        let providers = try settings.list(.providers)
        let name = "worker/\(providers.joined(separator: "+"))/\(ProcessInfo.processInfo.hostName)"
        let host = try await ServiceHost.start(
            role: .worker,
            name: name,
            instance: identity.id.rawValue,
            settings: settings
        )
        var drivers: [any Driver] = []
        for provider in providers { drivers.append(try await Drivers(host: host).start(provider)) }
        drivers = try DriverRegistry(drivers).drivers
        let service = WorkerService(
            identity: identity,
            host: host,
            drivers: drivers,
            settings: WorkerSettings(
                hostName: ProcessInfo.processInfo.hostName,
                pid: Int(ProcessInfo.processInfo.processIdentifier),
                version: ServiceHost.version,
                shutdown: try settings.word(.workerOnStop),
                shutdownGrace: try settings.milliseconds(.workerGrace),
                outputStreamBytes: Int64(try settings.integer(.outputStreamBytes, in: 1_048_576...Int.max)),
                outputReplicas: try settings.integer(.outputReplicas, in: 1...5),
                storedLimit: UInt64(try settings.integer(.outputStoredLimit, in: 1...Int.max)),
                archive: settings.optional(.archive),
                workspaceLimits: TarLimits(
                    entries: try settings.integer(.workspaceEntries, in: 1...1_000_000_000),
                    bytes: UInt64(try settings.integer(.workspaceBytes, in: 1...Int.max))
                )
            )
        )
        try await host.run([service] + MetricsEndpoint.services(of: host))
    }
}
