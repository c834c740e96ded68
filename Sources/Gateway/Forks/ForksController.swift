import HTTPTypes
import Hummingbird
import Model
import Store

/// `/v1/sandboxes/{id}/fork`: a new sandbox that begins with another's files.
struct ForksController: Sendable {
    let store: Store
    let checkpoints: CheckpointCalls
    let creation: SandboxCreation
    let body: JSONBody

    var routes: [Route] {
        [Route(.post, "/v1/sandboxes/{id}/fork", .scope(.write), handler: fork)]
    }

    /// What is forked goes on as it is; the new sandbox is made on the same host.
    @Sendable private func fork(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let origin = try context.sandbox
        let principal = try context.principal
        let wanted = try ForkBody(try await body.readIfAny(request, context), of: origin)
        let idempotency = try request.idempotencyKey(bodyHash: wanted.hash)
        // Before anything is saved: what the first fork was made from may be gone, and what it was made of too.
        if let answer = try await creation.repeated(idempotency, context) { return answer }
        guard let record = try await store.sandbox(origin, in: principal.workspace) else { throw Fault.sandboxNotFound }
        let source: ArchiveRecord
        if let checkpoint = wanted.checkpoint {
            source = try await checkpoints.ready(ArchiveID(checkpoint), of: origin, in: principal.workspace)
        } else {
            let wish = CheckpointWish(
                of: origin,
                in: principal.workspace,
                operation: try request.givenOperationID ?? idempotency.map { "key.\($0.token)" },
                purpose: .fork
            )
            source = try await checkpoints.save(wish, context)
        }
        let sandbox = wanted.new(from: record, source: source.id, actor: "key/\(principal.key)")
        return try await creation.answer(sandbox, idempotency: idempotency, reuse: false, context)
    }
}
