import Hummingbird
import Model
import Store

/// `/v1/providers`.
struct ProvidersController: Sendable {
    let store: Store
    let fallback: String

    var routes: [Route] {
        [Route(.get, "/v1/providers", .scope(.read), handler: list)]
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        return .page(try await ProviderCatalog(store, fallback: fallback).entries, next: nil)
    }
}
