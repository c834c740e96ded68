import Bus
import ServiceHost
import ServiceLifecycle

/// Shows the gateway on the bus among the other services, for as long as it runs.
struct GatewayPresence: Service {
    let host: ServiceHost

    func run() async throws {
        let service = try MicroService(
            .init(
                name: "gateway",
                id: host.instance,
                version: ServiceHost.version,
                description: "Serves the public HTTP API."
            ),
            endpoints: [],
            bus: host.bus
        )
        // Ends with the process; a cancelled wait is one way to be told.
        try? await gracefulShutdown()
        service.stop()
    }
}
