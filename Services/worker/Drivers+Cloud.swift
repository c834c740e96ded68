import BoxSession
import CurlTransport
import DaytonaDriver
import Foundation
import Model
import ProviderKit
import ServiceHost
import SpritesDriver
import VercelDriver

/// The drivers of providers in the cloud, as the environment sets them up.
extension Drivers {
    /// The fleet's credentials, and those of workspaces that have their own.
    private var credentials: CredentialSource { CredentialSource(directory: host.settings.optional(.credentials)) }

    func sprites() async throws -> any Driver {
        try await SpritesDriver.start(
            credentials,
            boxes: SpritesBoxSettings(environment: ProcessInfo.processInfo.environment),
            fleet: host.fleet,
            daemonPath: try host.settings.string(.boxd),
            logger: host.logger
        )
    }

    func daytona() async throws -> any Driver {
        try await DaytonaDriver.start(
            credentials,
            boxes: DaytonaBoxSettings(environment: ProcessInfo.processInfo.environment),
            fleet: host.fleet,
            daemonPath: try host.settings.string(.boxd),
            logger: host.logger
        )
    }

    /// - Throws: An error that names what is missing or wrong.
    func vercel() async throws -> any Driver {
        let configuration = try VercelConfiguration(
            environment: ProcessInfo.processInfo.environment,
            fleet: host.fleet,
            credentials: credentials
        )
        return try await VercelDriver.start(
            configuration,
            transport: try HTTPTransport(logger: host.logger),
            logger: host.logger,
            opener: try DaemonOpener(try DaemonProgram.load(path: try host.settings.string(.boxd)))
        )
    }
}
