import HTTPTypes
import Hummingbird
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// `/v1/sandboxes`.
struct SandboxesController: Sendable {
    let store: Store
    let caller: SandboxCaller
    let lifecycle: SandboxLifecycle
    let creation: SandboxCreation
    let checkpoints: CheckpointCalls
    let body: JSONBody
    let settings: GatewaySettings

    var routes: [Route] {
        [
            Route(.post, "/v1/sandboxes", .scope(.write), handler: create),
            Route(.get, "/v1/sandboxes", .scope(.read), handler: list),
            Route(.get, "/v1/sandboxes/{id}", .scope(.read), handler: show),
            Route(.patch, "/v1/sandboxes/{id}", .scope(.write), handler: patch),
            Route(.delete, "/v1/sandboxes/{id}", .scope(.write), handler: delete),
            Route(.post, "/v1/sandboxes/{id}/connect", .scope(.write), handler: connect),
            Route(.post, "/v1/sandboxes/{id}/stop", .scope(.write), handler: stop),
            Route(.post, "/v1/sandboxes/{id}/drain", .scope(.write), handler: drain),
            Route(.post, "/v1/sandboxes/{id}/keepalive", .scope(.write), handler: keepAlive),
            Route(.get, "/v1/sandboxes/{id}/ports/{port}", .scope(.write), handler: port),
        ]
    }

    @Sendable private func create(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var wanted = try CreateSandbox(try await body.read(request, context))
        let principal = try context.principal
        let idempotency = try request.idempotencyKey(bodyHash: wanted.bodyHash)
        if wanted.fromCheckpoint != nil {
            // What it was made from may be deleted since.
            if let answer = try await creation.repeated(idempotency, context) { return answer }
            wanted = try await beginning(wanted, in: principal.workspace)
        }
        return try await create(wanted, idempotency, context)
    }

    private func create(
        _ wanted: CreateSandbox,
        _ idempotency: IdempotencyKey?,
        _ context: GatewayContext
    ) async throws -> Response {
        var wanted = wanted
        let principal = try context.principal
        let fallback = settings.defaultProvider
        let provider = try await ProviderCatalog.choose(wanted.provider, wanted.needs, fallback: fallback, store)
        if wanted.agent != nil || provider == AgentSelector.provider {
            // The machine that the same key chose may be away since.
            if let answer = try await creation.repeated(idempotency, context) { return answer }
            wanted = try await placed(wanted, on: provider, in: principal.workspace)
        }
        let sandbox = wanted.new(
            id: ID.new(),
            workspace: principal.workspace,
            provider: provider,
            persistent: !settings.deletesOnStop(provider, wanted.spec),
            actor: "key/\(principal.key)"
        )
        return try await creation.answer(sandbox, idempotency: idempotency, reuse: wanted.reuse, context)
    }

    /// What follows from the checkpoint that it is to begin with.
    private func beginning(_ wanted: CreateSandbox, in workspace: WorkspaceID) async throws -> CreateSandbox {
        let id = wanted.fromCheckpoint.flatMap { ArchiveID($0) }
        let checkpoint = try await checkpoints.ready(id, of: nil, in: workspace)
        var wanted = wanted
        try wanted.begin(with: checkpoint, image: try await store.image(of: checkpoint.sandbox))
        return wanted
    }

    /// What follows from the machine that it is to be on.
    private func placed(
        _ wanted: CreateSandbox,
        on provider: String,
        in workspace: WorkspaceID
    ) async throws -> CreateSandbox {
        guard provider == AgentSelector.provider else {
            throw Fault(
                .invalidRequest,
                "Only sandboxes of the provider \(AgentSelector.provider) are on an agent.",
                hint: "Leave agent out, or set provider: \(AgentSelector.provider).",
                details: ["field": "$.agent"]
            )
        }
        guard let wish = wanted.agent else {
            throw Fault(
                .invalidRequest,
                "The field $.agent is missing: the id or the name of a machine, or {labels}.",
                hint: "GET /v1/agents lists them.",
                details: ["field": "$.agent"]
            )
        }
        var wanted = wanted
        // The sandbox that has the name is on the machine that it is on.
        if wanted.reuse, let name = wanted.name,
            let holder = try await store.sandbox(named: name, in: workspace), holder.provider == provider
        {
            wanted.spec.agent = holder.spec.agent
            wanted.spec.networkPolicy = wanted.networkPolicy ?? holder.spec.networkPolicy
            return wanted
        }
        let agent = try await AgentSelector(store: store)
            .agent(for: wish, wanted.spec, wanted.networkPolicy, in: workspace)
        wanted.spec.agent = agent.id
        // Programs have the network that their machine's user lets them have.
        wanted.spec.networkPolicy = wanted.networkPolicy ?? AgentRefusal.networkPolicy(of: agent)
        return wanted
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let status = try query.string("status")
            .map { text throws(Fault) in
                guard let status = SandboxStatus(rawValue: text) else {
                    let words = SandboxStatus.allCases.map(\.rawValue).joined(separator: ", ")
                    throw query.invalid("status", "has to be one of \(words)")
                }
                return status
            }
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let cursor: SandboxID? = try query.identifier("cursor")
        try query.finish()
        // One more than asked for tells whether there is another page.
        let records = try await store.sandboxes(
            in: try context.principal.workspace,
            status: status,
            after: cursor,
            limit: limit + 1
        )
        let page = records.prefix(limit)
        let next = records.count > limit ? page.last?.id.rawValue : nil
        return .page(page.map { SandboxView($0).json }, next: next)
    }

    @Sendable private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
        .json(SandboxView(try await record(context)).json)
    }

    @Sendable private func patch(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let id = try context.sandbox
        let principal = try context.principal
        let patch = try SandboxPatch(try await body.read(request, context))
        switch try await store.patch(id, in: principal.workspace, patch, actor: "key/\(principal.key)") {
        case .patched(let record):
            if patch.changesDeadlines { await lifecycle.announceDeadlines(record, context) }
            return .json(SandboxView(record).json)
        case .notFound: throw Fault.sandboxNotFound
        case .nameTaken: throw Fault(.nameTaken, "The name is taken.", hint: "Use another name.")
        }
    }

    /// 204 once it is gone; 202 when that has to wait for a worker.
    @Sendable private func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let record = try await lifecycle.intend(.delete, try context.sandbox, context)
        return try await lifecycle.settle(record, context) ? .noContent : .init(status: .accepted)
    }

    @Sendable private func connect(_ request: Request, _ context: GatewayContext) async throws -> Response {
        .json(SandboxView(try await lifecycle.connect(try await record(context), context)).json)
    }

    /// 200 once it is stopped; 202 when that has to wait for a worker.
    @Sendable private func stop(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let record = try await lifecycle.intend(.stop, try context.sandbox, context)
        let isSettled = try await lifecycle.settle(record, context)
        // A sandbox that is not persistent is deleted when it is stopped.
        let now = try await store.sandbox(record.id, in: record.workspace)
        guard isSettled else { return .json(SandboxView(now ?? record).json, status: .accepted) }
        return now.map { .json(SandboxView($0).json) } ?? .noContent
    }

    /// 200 once it is paused; 202 when that has to wait for a worker.
    ///
    /// Somebody who used it meanwhile has woken it again.
    @Sendable private func drain(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let record = try await record(context)
        let isSettled = try await lifecycle.drain(record, context)
        guard let now = try await store.sandbox(record.id, in: record.workspace) else { throw Fault.sandboxNotFound }
        return .json(SandboxView(now).json, status: isSettled ? .ok : .accepted)
    }

    @Sendable private func keepAlive(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let sandbox = try context.sandbox
        var duration: Int64 = 60_000
        if let value = try await body.readIfAny(request, context) {
            var reader = try JSONObjectReader(value)
            duration = try reader.integer("durationMs", in: 1...86_400_000) ?? duration
            try reader.finish()
        }
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.keepAlive = .with { $0.durationMs = duration }
        let call = context.call(within: settings.callTimeout)
        _ = try await caller.ask(operation, of: sandbox, in: try context.principal.workspace, call)
        return .noContent
    }

    /// Whoever knows the address may act on what listens there: the scope is that of writers.
    @Sendable private func port(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let port = context.coreContext.parameters.get("port").flatMap({ UInt32($0) }), (1...65_535).contains(port)
        else {
            throw Fault(.invalidRequest, "The port is not a number between 1 and 65535.")
        }
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.describePort = .with { $0.port = port }
        let call = context.call(within: settings.callTimeout)
        let reply = try await caller.ask(operation, of: try context.sandbox, in: try context.principal.workspace, call)
        guard case .port(let address) = reply.result else { throw Fault.otherAnswer }
        return .json([
            "port": .integer(Int64(port)),
            "url": .string(address.url),
            "headers": .map(address.headers),
        ])
    }

    private func record(_ context: GatewayContext) async throws -> SandboxRecord {
        guard let record = try await store.sandbox(try context.sandbox, in: try context.principal.workspace) else {
            throw Fault.sandboxNotFound
        }
        return record
    }
}
