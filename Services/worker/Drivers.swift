import DaytonaDriver
import DockerDriver
import LocalDriver
import Model
import ProviderKit
import SelfHostedDriver
import ServiceHost
import SpritesDriver
import Store
import VercelDriver

/// Starts the drivers that a worker was asked for.
struct Drivers {
    let host: ServiceHost

    /// - Throws: What is missing, by the name of the variable.
    func start(_ name: String) async throws -> any Driver {
        switch name {
        case "local": return try await local()
        case SelfHostedDriver.name:
            return try await SelfHostedDriver.start(host.bus) { [store = host.store] agent in
                try await store.silence(of: agent).map { AgentRecollection(silence: $0.silence, window: $0.window) }
            }
        case DockerDriver.name: return try await docker()
        case VercelDriver.name: return try await vercel()
        case SpritesDriver.name: return try await sprites()
        case DaytonaDriver.name: return try await daytona()
        default: throw CredentialError("There is no driver for the provider '\(name)'.")
        }
    }

    private func local() async throws -> any Driver {
        var configuration = LocalConfiguration(
            dataDirectory: try host.settings.string(.data),
            fleet: host.fleet,
            daemonPath: try host.settings.string(.boxd)
        )
        if host.settings.optional(.localHostPaths) != nil {
            configuration.readOnlyPaths = try host.settings.list(.localHostPaths)
        }
        if host.settings.optional(.localImages) != nil {
            configuration.imageDirectories += try host.settings.list(.localImages)
        }
        let lifetime = try host.settings.integer(.localBoxLifetime, in: 0...31_536_000)
        configuration.boxLifetime = lifetime > 0 ? lifetime : nil
        configuration.poolSize = try host.settings.integer(.localPoolSize, in: 0...1_000)
        return try await LocalDriver.start(configuration, logger: host.logger)
    }

    private func docker() async throws -> any Driver {
        let variables = try CredentialSource().credentials(of: DockerDriver.name, DockerVariables.all)
        let configuration = try DockerConfiguration(
            variables,
            fleet: host.fleet,
            daemonPath: try host.settings.string(.boxd)
        )
        let logger = host.logger
        // An engine may start together with its workers.
        let wait = BoundedWait(limit: try host.settings.milliseconds(.startTimeout), clock: ContinuousClock())
        return try await wait.until("the Docker engine") { () throws(DriverError) in
            .ready(try await DockerDriver.start(configuration, logger: logger))
        }
    }
}
