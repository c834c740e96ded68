import Hummingbird
import Model
import Store

/// `/v1/providers`.
struct ProvidersController: Sendable {
    let store: Store

    var routes: [Route] {
        [Route(.get, "/v1/providers", .scope(.read), handler: list)]
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        return .page(ProviderCatalog.entries(served: try await store.servedProviders()), next: nil)
    }
}
