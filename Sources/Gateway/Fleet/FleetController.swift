import Bus
import Hummingbird
import Model
import Store

/// `/v1/fleet`: the services that answer on the bus and the workers on record, for whoever runs the fleet.
struct FleetController: Sendable {
    let store: Store
    let services: @Sendable () async throws -> [DiscoveredService]

    var routes: [Route] {
        [Route(.get, "/v1/fleet", .scope(.admin), handler: show)]
    }

    @Sendable private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        async let workers = store.workers()
        let services = try await services()
        return .json([
            "services": .array(services.map { ServiceView($0).json }),
            "workers": .array(try await workers.map { WorkerView($0).json }),
        ])
    }
}
