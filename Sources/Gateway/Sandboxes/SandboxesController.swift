import HTTPTypes
import Hummingbird
import Model
import Store
import SwiftProtobuf
import Wire

/// `/v1/sandboxes`.
struct SandboxesController: Sendable {
    let store: Store
    let caller: SandboxCaller
    let lifecycle: SandboxLifecycle
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
            Route(.post, "/v1/sandboxes/{id}/keepalive", .scope(.write), handler: keepAlive),
        ]
    }

    @Sendable private func create(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let wanted = try CreateSandbox(try await body.read(request, context))
        let principal = try context.principal
        let provider = wanted.provider ?? settings.defaultProvider
        try await checkProvider(provider)
        let idempotency = try request.headers[.idempotencyKey]
            .map { key throws(Fault) in
                guard (1...255).contains(key.utf8.count) else {
                    throw Fault(.invalidRequest, "Idempotency-Key has to have 1 to 255 bytes.")
                }
                return IdempotencyKey(key: key, bodyHash: wanted.bodyHash)
            }
        let sandbox = wanted.new(
            id: ID.new(),
            workspace: principal.workspace,
            provider: provider,
            actor: "key/\(principal.key)"
        )
        switch try await store.create(sandbox, idempotency: idempotency) {
        case .created(let record):
            return .json(SandboxView(try await lifecycle.create(record, context)).json, status: .created)
        case .repeated(let record):
            // The same key during creation waits for it; what came of it later is answered as it is.
            guard record.status == .creating else {
                if let refusal = SandboxStanding(record).refusal(of: record.id), record.status == .error {
                    throw refusal
                }
                return .json(SandboxView(record).json)
            }
            return .json(SandboxView(try await lifecycle.create(record, context)).json)
        case .keyConflict:
            throw Fault(
                .idempotencyConflict,
                "This Idempotency-Key came with another body before.",
                hint: "Use a new key for another request."
            )
        case .repeatedDeleted(let id):
            throw Fault(
                .idempotencyConflict,
                "The sandbox that this Idempotency-Key made was deleted.",
                hint: "Use a new key for a new sandbox.",
                details: ["sandboxId": id.rawValue]
            )
        case .sourceUnknown: throw Fault.unusable(nil)
        case .sourceNotReady: throw Fault.unusable(.candidate)
        case .nameTaken(let record):
            guard wanted.reuse else {
                throw Fault(
                    .nameTaken,
                    "The name is taken.",
                    hint: "Use another name, or reuse: true.",
                    details: ["sandboxId": record.id.rawValue]
                )
            }
            return .json(SandboxView(try await revive(record, context)).json)
        }
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
        let record = try await intend(.delete, context)
        return try await lifecycle.settle(record, context) ? .noContent : .init(status: .accepted)
    }

    @Sendable private func connect(_ request: Request, _ context: GatewayContext) async throws -> Response {
        .json(SandboxView(try await revive(try await record(context), context)).json)
    }

    /// 200 once it is stopped; 202 when that has to wait for a worker.
    @Sendable private func stop(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let record = try await intend(.stop, context)
        let isSettled = try await lifecycle.settle(record, context)
        // A sandbox that is not persistent is deleted when it is stopped.
        let now = try await store.sandbox(record.id, in: record.workspace)
        guard isSettled else { return .json(SandboxView(now ?? record).json, status: .accepted) }
        return now.map { .json(SandboxView($0).json) } ?? .noContent
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

    /// Brings an existing sandbox to life, a stopped one only when it is persistent.
    private func revive(_ record: SandboxRecord, _ context: GatewayContext) async throws -> SandboxRecord {
        var record = record
        if record.status == .shutdown, !record.persistent {
            throw Fault(
                .sandboxNotActive,
                "The sandbox is stopped, and is not persistent: it does not come back.",
                hint: "Create another.",
                details: ["sandboxId": record.id.rawValue]
            )
        }
        if record.intent != .run, record.intent != .delete, record.status != .error {
            record = try await intend(.run, record.id, context)
        }
        return try await lifecycle.revive(record, context)
    }

    private func intend(_ intent: Intent, _ context: GatewayContext) async throws -> SandboxRecord {
        try await intend(intent, try context.sandbox, context)
    }

    private func intend(_ intent: Intent, _ id: SandboxID, _ context: GatewayContext) async throws -> SandboxRecord {
        let principal = try context.principal
        let record = try await store.intend(
            intent,
            for: id,
            in: principal.workspace,
            reason: "api",
            actor: "key/\(principal.key)"
        )
        guard let record else { throw Fault.sandboxNotFound }
        return record
    }

    private func record(_ context: GatewayContext) async throws -> SandboxRecord {
        guard let record = try await store.sandbox(try context.sandbox, in: try context.principal.workspace) else {
            throw Fault.sandboxNotFound
        }
        return record
    }

    private func checkProvider(_ provider: String) async throws {
        if ProviderCatalog.names.contains(provider) { return }
        if try await store.servedProviders().contains(provider) { return }
        throw Fault(
            .unknownProvider,
            "There is no provider \(provider.prefix(64)).",
            hint: "GET /v1/providers lists them.",
            details: ["provider": String(provider.prefix(64))]
        )
    }
}
