import HTTPTypes
import Hummingbird
import Model
import Store

/// `/v1/sandboxes/{id}/history`: what happened to a sandbox, its boxes, archives and processes.
struct HistoryController: Sendable {
    let store: Store

    var routes: [Route] {
        [Route(.get, "/v1/sandboxes/{id}/history", .scope(.read), handler: show)]
    }

    @Sendable private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let cursor = try query.counter("cursor").map { Int64(clamping: $0) }
        try query.finish()
        // One more than asked for tells whether there is another page.
        let found = try await store.history(
            of: try context.sandbox,
            in: try context.principal.workspace,
            after: cursor,
            limit: limit + 1
        )
        guard let found else { throw Fault.sandboxNotFound }
        let page = found.prefix(limit)
        return .page(
            page.map { HistoryEventView($0).json },
            next: found.count > limit ? page.last.map { "\($0.id)" } : nil
        )
    }
}
