package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import ServiceHost

/// The HTTP server around the routes.
package enum GatewayServer {
    package static func application(
        table: RouteTable,
        authenticator: Authenticator,
        address: ListenAddress,
        idleTimeout: Duration,
        logger: Logger,
        onReady: @escaping @Sendable (Int?) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let edge = RequestEdge(table: table, metrics: RequestMetrics())
        return Application(
            router: table.router(authenticator: authenticator, edge: edge),
            server: HTTPServerBuilder { responder in
                GatewayChannel(idleTimeout: TimeAmount(idleTimeout), responder: responder)
            },
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { await onReady($0.localAddress?.port) },
            logger: logger
        )
    }
}
