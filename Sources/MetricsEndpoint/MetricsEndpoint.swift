import Hummingbird
package import Logging
import NIOCore
package import PrometheusMetrics
package import ServiceHost
package import ServiceLifecycle

/// What a service without a public port counts, for who scrapes it: `/metrics`, and `/healthz` while the process runs.
package struct MetricsEndpoint: Service {
    private let address: ListenAddress
    private let metrics: PrometheusRegistry
    private let logger: Logger
    private let onReady: @Sendable (Int?) async -> Void

    /// - Parameter onReady: Told the port once it listens.
    package init(
        address: ListenAddress,
        metrics: PrometheusRegistry,
        logger: Logger,
        onReady: @escaping @Sendable (Int?) async -> Void = { _ in }
    ) {
        self.address = address
        self.metrics = metrics
        self.logger = logger
        self.onReady = onReady
    }

    /// None where no address is configured.
    package static func services(of host: ServiceHost) throws(ServiceHostError) -> [any Service] {
        guard let text = host.settings.optional(.metricsListen) else { return [] }
        return [MetricsEndpoint(address: try ListenAddress(text), metrics: host.metrics, logger: host.logger)]
    }

    package func run() async throws {
        let router = Router()
        router.get("/healthz") { _, _ in "ok\n" }
        router.get("/metrics") { [metrics] _, _ in
            Response(
                status: .ok,
                headers: [.contentType: PrometheusRegistry.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.exposition()))
            )
        }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { [onReady] in await onReady($0.localAddress?.port) },
            logger: logger
        )
        try await application.run()
    }
}
