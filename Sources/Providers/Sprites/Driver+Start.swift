import BoxClient
import BoxSession
import CurlTransport
package import Logging
package import Model
package import ProviderKit

extension SpritesDriver {
    /// Ready to make boxes; nothing of the provider is asked unless the credentials do not say the organization.
    ///
    /// - Parameter daemonPath: The executable that goes along into boxes.
    package static func start(
        _ credentials: CredentialSource,
        boxes: SpritesBoxSettings = SpritesBoxSettings(),
        fleet: FleetID,
        daemonPath: String,
        logger: Logger
    ) async throws -> SpritesDriver {
        try await start(
            credentials,
            boxes,
            fleet: fleet,
            entrance: DaemonEntrance(program: try DaemonProgram.load(path: daemonPath), loop: try BoxLoop()),
            transport: try HTTPTransport(logger: logger),
            logger: logger
        )
    }
}
