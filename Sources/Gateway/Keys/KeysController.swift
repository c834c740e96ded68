import HTTPTypes
import Hummingbird
import Model
import Store

/// `/v1/keys`: the API keys of the caller's workspace.
struct KeysController: Sendable {
    let store: Store
    let authenticator: Authenticator
    let body: JSONBody

    var routes: [Route] {
        [
            Route(.post, "/v1/keys", .scope(.admin), handler: create),
            Route(.get, "/v1/keys", .scope(.admin), handler: list),
            Route(.delete, "/v1/keys/{id}", .scope(.admin), handler: revoke),
        ]
    }

    /// The only answer that ever holds the key itself.
    @Sendable private func create(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var reader = try JSONObjectReader(try await body.read(request, context))
        let name = try reader.string(try reader.required("name"), "name", in: 1...128)
        let scope = try scope(&reader)
        try reader.finish()
        let secret = KeySecret.new()
        let key = try await store.createKey(
            ID.new(),
            name: name,
            scope: scope,
            hash: APIKey.hash(of: secret),
            workspace: try context.principal.workspace
        )
        guard case .object(let members) = KeyView(key).json else { throw Fault(.internal, "The key has no form.") }
        return .json(.object(members + [.init("key", .string(secret))]), status: .created)
    }

    /// The widest of the scopes asked for, which holds the others; `write` when none is named.
    private func scope(_ reader: inout JSONObjectReader) throws -> Scope {
        guard let values = try reader.array("scopes", limit: Scope.allCases.count) else { return .write }
        let scopes = try values.map { value in
            guard case .string(let word) = value, let scope = Scope(rawValue: word) else {
                throw reader.invalid("scopes", "holds read, write or admin")
            }
            return scope
        }
        guard let widest = scopes.max() else { throw reader.invalid("scopes", "may not be empty") }
        return widest
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        let keys = try await store.keys(of: try context.principal.workspace)
        return .page(keys.map { KeyView($0).json }, next: nil)
    }

    @Sendable private func revoke(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let unknown = Fault(.notFound, "There is no such key.")
        guard let id = context.coreContext.parameters.get("id").flatMap({ KeyID($0) }) else { throw unknown }
        guard try await store.revokeKey(id, workspace: try context.principal.workspace) else { throw unknown }
        authenticator.forget(id)
        return .noContent
    }
}
