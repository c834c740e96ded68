import BoxSession
import CurlTransport
import FoundationEssentials
import ProviderKit
import ServiceHost
import VercelDriver

extension Drivers {
    /// - Throws: An error that names what is missing or wrong.
    func vercel() throws -> any Driver {
        let configuration = try VercelConfiguration(
            environment: ProcessInfo.processInfo.environment,
            fleet: host.fleet,
            credentials: CredentialSource()
        )
        return try VercelDriver(
            configuration,
            transport: try HTTPTransport(logger: host.logger),
            logger: host.logger,
            opener: try DaemonOpener(try DaemonProgram.load(path: try host.settings.string(.boxd)))
        )
    }
}
