package import HTTPTypes
package import Hummingbird
package import Model

/// One endpoint: where it is, who may use it, what it does.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

    package enum Access: Sendable, Hashable {
        case everybody
        case scope(Scope)
    }

    package var method: HTTPRequest.Method
    /// As in the OpenAPI document: `/v1/sandboxes/{id}`.
    package var path: String
    package var access: Access
    package var handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, _ access: Access, handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.access = access
        self.handler = handler
    }
}

/// All endpoints.
package struct RouteTable: Sendable {
    package let routes: [Route]

    /// What may be done at a path; empty when there is no such path.
    func methods(at path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/")
        return
            routes.filter { route in
                let template = route.path.split(separator: "/")
                return template.count == parts.count
                    && zip(template, parts).allSatisfy { $0 == $1 || ($0.hasPrefix("{") && $0.hasSuffix("}")) }
            }
            .map(\.method)
    }

    /// Builds the router; every request passes the edge, and its key is checked before its handler runs.
    package func router(authenticator: Authenticator, edge: RequestEdge) -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        router.add(middleware: edge)
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                switch route.access {
                case .everybody: return try await route.handler(request, context)
                case .scope(let scope):
                    let context = try await authenticator.admit(request, context, needing: scope)
                    return try await route.handler(request, context)
                }
            }
        }
        return router
    }
}
