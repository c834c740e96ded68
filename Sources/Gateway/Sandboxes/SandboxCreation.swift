import HTTPTypes
import Hummingbird
import Model
import Store

/// Makes sandboxes, effectively once, and answers with them.
struct SandboxCreation: Sendable {
    /// How often a name whose holder is going away is tried again.
    private static let attempts = 3

    let store: Store
    let lifecycle: SandboxLifecycle

    /// 201 for a new one, 200 for one that the same key made, or that has the name already.
    ///
    /// - Parameter reuse: Answer the sandbox that has the name, brought to life.
    func answer(
        _ sandbox: NewSandbox,
        idempotency: IdempotencyKey?,
        reuse: Bool,
        _ context: GatewayContext
    ) async throws -> Response {
        var left = Self.attempts
        while true {
            left -= 1
            switch try await store.create(sandbox, idempotency: idempotency) {
            case .created(let record):
                return .json(SandboxView(try await lifecycle.create(record, context)).json, status: .created)
            case .nameTaken(let holder) where reuse:
                if let record = try await reused(holder, context) { return .json(SandboxView(record).json) }
                guard left > 0 else { throw Fault.nameTaken(by: holder) }
            case .nameTaken(let holder): throw Fault.nameTaken(by: holder)
            case .repeated(let record): return try await repeated(record, context)
            case .keyConflict: throw Fault.keyConflict
            case .repeatedDeleted(let id): throw Fault.madeAndDeleted(id)
            case .sourceUnknown: throw Fault.unusable(nil)
            case .sourceNotReady: throw Fault.unusable(.candidate)
            case .agentUnknown: throw Fault.agentNotFound
            }
        }
    }

    /// What the same key made before, as a repeat is answered; nil when it made nothing yet.
    func repeated(_ idempotency: IdempotencyKey?, _ context: GatewayContext) async throws -> Response? {
        guard let idempotency else { return nil }
        switch try await store.creation(by: idempotency, in: try context.principal.workspace) {
        case .repeated(let record): return try await repeated(record, context)
        case .keyConflict: throw Fault.keyConflict
        case .repeatedDeleted(let id): throw Fault.madeAndDeleted(id)
        case .created, .nameTaken, .sourceUnknown, .sourceNotReady, .agentUnknown, nil: return nil
        }
    }

    /// The same key during creation waits for it; what came of it later is answered as it is, a failure too (rule 26).
    private func repeated(_ record: SandboxRecord, _ context: GatewayContext) async throws -> Response {
        if let failure = SandboxLifecycle.failure(of: record) { throw failure }
        guard record.status == .creating else { return .json(SandboxView(record).json) }
        return .json(SandboxView(try await lifecycle.create(record, context)).json)
    }

    /// The holder of the name, in use again; nil when it is being deleted, or was just now.
    private func reused(_ holder: SandboxRecord, _ context: GatewayContext) async throws -> SandboxRecord? {
        if holder.intent == .delete {
            _ = try await lifecycle.settle(holder, context)
            return nil
        }
        do {
            return try await lifecycle.connect(holder, context)
        } catch let fault as Fault where fault.code == .sandboxNotFound {
            return nil
        }
    }
}

extension Fault {
    fileprivate static let keyConflict = Fault(
        .idempotencyConflict,
        "This Idempotency-Key came with another body before.",
        hint: "Use a new key for another request."
    )

    fileprivate static func madeAndDeleted(_ id: SandboxID) -> Fault {
        Fault(
            .idempotencyConflict,
            "The sandbox that this Idempotency-Key made was deleted.",
            hint: "Use a new key for a new sandbox.",
            details: ["sandboxId": id.rawValue]
        )
    }

    fileprivate static func nameTaken(by holder: SandboxRecord) -> Fault {
        Fault(
            .nameTaken,
            "The name is taken.",
            hint: "Use another name, or reuse: true.",
            details: ["sandboxId": holder.id.rawValue]
        )
    }
}
