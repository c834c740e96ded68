import Hummingbird
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Has owners save workspaces, and finds in the ledger what became of that.
///
/// An owner that dies is followed by one who goes on, unless what it left has been collected by then: that attempt failed,
/// and another one is begun. Their ids follow from the operation, so that a repeat finds the whole one among them.
struct CheckpointCalls: Sendable {
    /// What the ledger says of the attempts so far.
    private enum Standing {
        case saved(ArchiveRecord)
        /// The attempt to ask for next; the owner may be at it.
        case open(Int)
    }

    /// How many of them may fail.
    private static let attempts = 8
    /// How often a request asks.
    private static let tries = 3

    let store: Store
    let caller: SandboxCaller

    /// Saves a workspace, however long that takes.
    ///
    /// - Returns: Its row.
    func save(_ wish: CheckpointWish, _ context: GatewayContext) async throws -> ArchiveRecord {
        let workspace = try context.principal.workspace
        for _ in 0..<Self.tries {
            guard case .open(let attempt) = try await standing(of: wish, in: workspace) else { break }
            let request = wish.request(attempt)
            do {
                _ = try await caller.ask(request, of: wish.sandbox, in: workspace, context.call(within: nil))
                break
            } catch let fault as Fault {
                guard fault.code.leavesOpen else { throw fault }
                context.logger.info(
                    "checkpoint not answered",
                    metadata: .keyed([
                        .sandbox: "\(wish.sandbox)", .operation: "\(request.operationID)", .error: "\(fault)",
                    ])
                )
            }
        }
        if let record = try await saved(wish, in: workspace) { return record }
        throw Fault(
            .outcomeUnknown,
            "There was no answer; whether the workspace was saved is not known.",
            hint: "Repeat the request with the same X-Operation-Id: it is not saved twice.",
            retryAfter: 2,
            details: ["sandboxId": wish.sandbox.rawValue, "operationId": wish.operation]
        )
    }

    /// The row of what the same operation saved before.
    func saved(_ wish: CheckpointWish, in workspace: WorkspaceID) async throws -> ArchiveRecord? {
        if case .saved(let record) = try await standing(of: wish, in: workspace) { record } else { nil }
    }

    /// A checkpoint that a sandbox can begin with.
    ///
    /// - Parameter sandbox: Whose it has to be; nil for any of the workspace.
    func ready(_ id: ArchiveID?, of sandbox: SandboxID?, in workspace: WorkspaceID) async throws -> ArchiveRecord {
        let record = try await known(id, of: sandbox, in: workspace)
        guard CheckpointStatus(record) == .ready else {
            throw Fault(.checkpointNotReady, "The checkpoint is not ready.", details: record.details)
        }
        return record
    }

    func known(_ id: ArchiveID?, of sandbox: SandboxID?, in workspace: WorkspaceID) async throws -> ArchiveRecord {
        guard let id, let record = try await store.checkpoint(id, in: workspace),
            sandbox == nil || record.sandbox == sandbox
        else { throw Fault.checkpointNotFound }
        return record
    }

    private func standing(of wish: CheckpointWish, in workspace: WorkspaceID) async throws -> Standing {
        for attempt in 0..<Self.attempts {
            guard let record = try await store.archive(wish.id(of: attempt), in: workspace) else {
                return .open(attempt)
            }
            guard wish.isMet(by: record) else {
                throw Fault(
                    .operationConflict,
                    "This X-Operation-Id came with another body before.",
                    hint: "Use a new id for another request.",
                    details: record.details
                )
            }
            switch CheckpointStatus(record) {
            case .ready: return .saved(record)
            case .failed: continue
            // A fork's files are kept until it has them, and saved again for one that comes later.
            case .deleting where wish.purpose == .fork: continue
            case .deleting:
                throw Fault(
                    .operationConflict,
                    "What was saved under this X-Operation-Id has been deleted since.",
                    hint: "Use a new id to save it again.",
                    details: record.details
                )
            // Whoever owns the sandbox now goes on with what another one began.
            case .saving: return .open(attempt)
            }
        }
        throw Fault(
            .checkpointNotReady,
            "The workspace could not be saved, however often that was begun.",
            hint: "Use a new X-Operation-Id to save it again.",
            details: ["sandboxId": wish.sandbox.rawValue, "operationId": wish.operation]
        )
    }
}

extension ArchiveRecord {
    /// What a caller is told of it beside an error.
    var details: [String: String] {
        [
            "checkpointId": id.rawValue, "sandboxId": sandbox.rawValue,
            "checkpointStatus": CheckpointStatus(self).rawValue,
        ]
    }
}

extension FaultCode {
    /// Whether it was done is not known.
    var leavesOpen: Bool { self == .outcomeUnknown || self == .leaseLost || self == .deadlineExceeded }
}

extension Fault {
    static let checkpointNotFound = Fault(.checkpointNotFound, "There is no such checkpoint.")
}
