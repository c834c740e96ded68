import Hummingbird
import Model
import Store

extension SandboxLifecycle {
    /// Brings an existing sandbox to life, a stopped one only when it is persistent.
    func connect(_ record: SandboxRecord, _ context: GatewayContext) async throws -> SandboxRecord {
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
        return try await revive(record, context)
    }

    /// Saves the files of a sandbox and does away with its box; it comes back by itself when it is used.
    ///
    /// - Returns: Whether that was done; false when nobody is there to do it now: the intent stands.
    func drain(_ record: SandboxRecord, _ context: GatewayContext) async throws -> Bool {
        guard record.persistent else {
            throw Fault(
                .unsupported,
                "The sandbox is not persistent: nothing of it would be kept.",
                hint: "POST /v1/sandboxes/\(record.id)/stop deletes it.",
                details: ["sandboxId": record.id.rawValue]
            )
        }
        if let refusal = SandboxStanding(record).refusal(of: record.id) { throw refusal }
        guard record.intent != .stop else {
            throw Fault(
                .sandboxNotActive,
                "The sandbox is being stopped.",
                details: ["sandboxId": record.id.rawValue, "sandboxStatus": record.status.rawValue]
            )
        }
        if record.status == .paused { return true }
        // What never had a box has nothing to save.
        if record.status == .creating { _ = try await awaken(record, context) }
        return try await settle(try await intend(.pause, record.id, context), context)
    }

    /// Writes down what the caller wants.
    func intend(_ intent: Intent, _ id: SandboxID, _ context: GatewayContext) async throws -> SandboxRecord {
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
}
