import Crypto
import FoundationEssentials
import Model
import SwiftProtobuf
import Wire

/// A saved workspace that is asked for, under ids that a repeat comes to as well.
struct CheckpointWish: Sendable {
    let sandbox: SandboxID
    let operation: String
    let purpose: ArchivePurpose
    private let workspace: WorkspaceID
    /// Of a first attempt that nobody can repeat.
    private let first: ArchiveID?
    private let format: ArchiveReference.Format
    private let comment: String?
    private let expiresAt: Date?

    /// - Parameter operation: The caller's own name of it; nil when there is none, and every request is another one.
    init(
        of sandbox: SandboxID,
        in workspace: WorkspaceID,
        operation: String?,
        purpose: ArchivePurpose,
        body: CheckpointBody = CheckpointBody()
    ) {
        self.sandbox = sandbox
        self.workspace = workspace
        self.operation = operation ?? ID.new(of: Kind.Operation.self).rawValue
        self.purpose = purpose
        first = operation == nil ? ID.new() : nil
        format = body.format ?? .native
        comment = body.comment
        expiresAt = body.expiresInMs.map { Date(timeIntervalSinceNow: Double($0) / 1000) }
    }

    /// The id of an attempt, counted from zero; another one follows where the one before came to nothing.
    func id(of attempt: Int) -> ArchiveID {
        if attempt == 0, let first { return first }
        let name = [purpose.rawValue, workspace.rawValue, sandbox.rawValue, operation, "\(attempt)"]
        return ArchiveID(of: sandbox, digest: Array(SHA256.hash(data: Array(name.joined(separator: "/").utf8))))
    }

    func request(_ attempt: Int) -> WireSandboxRequest {
        var request = WireSandboxRequest()
        request.operationID = attempt == 0 ? operation : "\(operation).\(attempt)"
        request.saveCheckpoint = .with {
            $0.checkpointID = id(of: attempt).rawValue
            $0.forFork = purpose == .fork
            $0.portable = format == .portable
            $0.comment = comment ?? ""
            if let expiresAt { $0.expiresAt = Int64(expiresAt.timeIntervalSince1970 * 1000) }
        }
        return request
    }

    /// Whether the row is what this asks for; when it ends was counted from the first time that it was asked.
    func isMet(by record: ArchiveRecord) -> Bool {
        record.purpose == purpose && record.format == format && (record.comment ?? "") == (comment ?? "")
            && (record.expiresAt == nil) == (expiresAt == nil)
    }
}
