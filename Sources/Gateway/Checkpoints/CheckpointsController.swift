import HTTPTypes
import Hummingbird
import Model
import Store

/// `/v1/sandboxes/{id}/checkpoints` and `/v1/checkpoints`: workspaces that users had saved.
struct CheckpointsController: Sendable {
    let store: Store
    let calls: CheckpointCalls
    let lifecycle: SandboxLifecycle
    let body: JSONBody

    var routes: [Route] {
        [
            Route(.post, "/v1/sandboxes/{id}/checkpoints", .scope(.write), handler: save),
            Route(.get, "/v1/sandboxes/{id}/checkpoints", .scope(.read), handler: listOfSandbox),
            Route(.delete, "/v1/sandboxes/{id}/checkpoints/{checkpoint}", .scope(.write), handler: deleteOfSandbox),
            Route(.post, "/v1/sandboxes/{id}/checkpoints/{checkpoint}/restore", .scope(.write), handler: restore),
            Route(.get, "/v1/checkpoints", .scope(.read), handler: list),
            Route(.get, "/v1/checkpoints/{checkpoint}", .scope(.read), handler: show),
            Route(.delete, "/v1/checkpoints/{checkpoint}", .scope(.write), handler: delete),
        ]
    }

    /// 201 once it is saved; 200 when the same operation saved it before.
    @Sendable private func save(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let sandbox = try context.sandbox
        let workspace = try context.principal.workspace
        let wish = CheckpointWish(
            of: sandbox,
            in: workspace,
            operation: try request.givenOperationID,
            purpose: .checkpoint,
            body: try CheckpointBody(try await body.readIfAny(request, context))
        )
        if let record = try await calls.saved(wish, in: workspace) { return .json(CheckpointView(record).json) }
        return .json(CheckpointView(try await calls.save(wish, context)).json, status: .created)
    }

    @Sendable private func listOfSandbox(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let sandbox = try context.sandbox
        let page = try await page(request, of: sandbox, context)
        // Checkpoints outlive their sandbox.
        if page.isEmpty, try await store.sandbox(sandbox, in: try context.principal.workspace) == nil {
            throw Fault.sandboxNotFound
        }
        return page.response
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await page(request, of: nil, context).response
    }

    @Sendable private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        return .json(CheckpointView(try await known(of: nil, context)).json)
    }

    @Sendable private func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await delete(of: nil, context)
    }

    @Sendable private func deleteOfSandbox(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try await delete(of: try context.sandbox, context)
    }

    /// 204 once it can be used no more; what it holds is deleted soon after, of one that is being saved when that ends.
    private func delete(of sandbox: SandboxID?, _ context: GatewayContext) async throws -> Response {
        let record = try await known(of: sandbox, context)
        let principal = try context.principal
        _ = try await store.deleteCheckpoint(record.id, in: principal.workspace, actor: "key/\(principal.key)")
        return .noContent
    }

    private func known(of sandbox: SandboxID?, _ context: GatewayContext) async throws -> ArchiveRecord {
        try await calls.known(context.checkpoint, of: sandbox, in: try context.principal.workspace)
    }

    private func page(_ request: Request, of sandbox: SandboxID?, _ context: GatewayContext) async throws
        -> CheckpointPage
    {
        var query = try QueryReader(request)
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let cursor: ArchiveID? = try query.identifier("cursor")
        try query.finish()
        // One more than asked for tells whether there is another page.
        let records = try await store.checkpoints(
            in: try context.principal.workspace,
            of: sandbox,
            after: cursor,
            limit: limit + 1
        )
        return CheckpointPage(records: records, limit: limit)
    }
}

/// A part of a list of checkpoints.
private struct CheckpointPage {
    let records: [ArchiveRecord]
    let limit: Int

    var isEmpty: Bool { records.isEmpty }

    var response: Response {
        let page = records.prefix(limit)
        return .page(
            page.map { CheckpointView($0).json },
            next: records.count > limit ? page.last?.id.rawValue : nil
        )
    }
}

extension GatewayContext {
    /// The checkpoint that the path names; what is not an id names none.
    var checkpoint: ArchiveID? { coreContext.parameters.get("checkpoint").flatMap { ArchiveID($0) } }
}
