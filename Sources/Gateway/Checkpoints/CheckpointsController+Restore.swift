import HTTPTypes
import Hummingbird
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

extension CheckpointsController {
    private static let restoreAttempts = 3

    /// Puts the workspace back, and answers when the sandbox is active with it.
    @Sendable func restore(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (sandbox, workspace) = (try context.sandbox, try context.principal.workspace)
        async let known = store.sandbox(sandbox, in: workspace)
        async let ready = calls.ready(context.checkpoint, of: sandbox, in: workspace)
        guard try await known != nil else { throw Fault.sandboxNotFound }
        let checkpoint = try await ready
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.restoreCheckpoint = .with { $0.checkpointID = checkpoint.id.rawValue }
        try await ask(operation, for: checkpoint, context)
        guard let record = try await store.sandbox(sandbox, in: workspace) else { throw Fault.sandboxNotFound }
        let awake: SandboxRecord
        do {
            awake = try await lifecycle.awaken(record, context)
        } catch let fault as Fault {
            throw fault.adding(checkpoint.details)
        }
        // The next best archive was taken in its place, and the ledger says why.
        let now = try await store.checkpoint(checkpoint.id, in: workspace)
        if let damage = now?.error, damage != checkpoint.error {
            throw Fault(
                .archiveDamaged,
                "The checkpoint cannot be read; the sandbox is active with what it held before.",
                details: checkpoint.details.merging(["error": damage]) { own, _ in own }
            )
        }
        return .json(SandboxView(awake).json)
    }

    /// Asks the owner; the row tells of one that died whether the restore was written down, and then it is finished.
    private func ask(
        _ operation: WireSandboxRequest,
        for checkpoint: ArchiveRecord,
        _ context: GatewayContext
    ) async throws {
        for attempt in 1... {
            do {
                _ = try await calls.caller.ask(
                    operation,
                    of: checkpoint.sandbox,
                    in: checkpoint.workspace,
                    context.call(within: nil)
                )
                return
            } catch let fault as Fault {
                guard fault.code.leavesOpen, attempt < Self.restoreAttempts else { throw fault }
                context.logger.info(
                    "restore not answered",
                    metadata: .keyed([.sandbox: "\(checkpoint.sandbox)", .error: "\(fault)"])
                )
                let record = try await store.sandbox(checkpoint.sandbox, in: checkpoint.workspace)
                if record?.source == checkpoint.id { return }
            }
        }
    }
}
