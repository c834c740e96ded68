package import Model

/// What an owner reads and writes of a sandbox: the database, or a simulated one.
///
/// A write that says so is fenced by the epoch, and answers false or nil when the lease is lost.
package protocol LeaseStore: Sendable {
    /// Takes the lease when there is no live owner, and adds one to the epoch.
    ///
    /// - Parameter retaking: The epoch under which the worker has it already, without knowing of it: the answer to an earlier
    ///   acquisition was lost.
    func acquire(
        _ sandbox: SandboxID,
        in workspace: WorkspaceID,
        for worker: WorkerID,
        placement: String?,
        retaking: UInt64?
    ) async throws -> Acquisition

    /// Whether the epoch is still the sandbox's; read right before a far end that cannot fence is changed (rule 4).
    func holds(_ sandbox: SandboxID, epoch: UInt64) async throws -> Bool

    /// The record under our epoch; nil when the lease is lost.
    func leased(_ sandbox: SandboxID, epoch: UInt64) async throws -> SandboxRecord?

    /// The boxes that are not known to be deleted, oldest first.
    func boxes(of sandbox: SandboxID) async throws -> [BoxRecord]

    /// Writes the intent to make a box; committed before the provider is called. Fenced.
    func intendBox(
        _ box: BoxID,
        of sandbox: SandboxID,
        epoch: UInt64,
        provider: String,
        binding: (account: String, placement: String?),
        deadline: Int,
        reason: BoxReason?,
        actor: String
    ) async throws -> Bool

    /// Records what was learnt about a box. Not fenced by the lease: whoever learns it writes it (rule 9). But when a later
    /// owner has taken the attempt over, nothing changes.
    func recordBox(
        _ box: BoxID,
        epoch: UInt64,
        externalID: String?,
        state: BoxRecord.State,
        lifetime: Int?,
        reason: BoxReason?,
        actor: String
    ) async throws

    /// The box answers: the sandbox is served, and the box's row says that it lives. Fenced.
    func becomeWarm(
        _ sandbox: SandboxID,
        epoch: UInt64,
        box: BoxID,
        lifetime: Int?,
        envelope: Envelope,
        binding: (account: String, placement: String?),
        actor: String
    ) async throws -> SandboxRecord?

    /// From here the box is being stopped: whoever acquires now finishes that and never adopts it (rule 11). Fenced.
    func beginDraining(
        _ sandbox: SandboxID,
        epoch: UInt64,
        intent: Intent,
        reason: String?,
        actor: String
    ) async throws -> SandboxRecord?

    /// The box is stopped or deleted as the intent asked; the lease ends here. Fenced.
    ///
    /// - Parameter deleted: A box that was deleted for it. That is recorded in the same transaction, lease or not.
    func settle(
        _ sandbox: SandboxID,
        epoch: UInt64,
        as intent: Intent,
        keepsBox: Bool,
        deleted: BoxID?,
        actor: String
    ) async throws -> Bool

    /// Gives the lease back while the box lives on. Fenced.
    func release(_ sandbox: SandboxID, epoch: UInt64, actor: String, reason: String) async throws -> Bool

    /// It never came to be, for a reason that repeating will not cure. Fenced.
    func failCreation(_ sandbox: SandboxID, epoch: UInt64, fault: Fault, actor: String) async throws -> Bool

    /// What the files of the next box may begin with, best first.
    func archives(of sandbox: SandboxID) async throws -> [ArchiveRecord]

    /// Writes the intent to save a workspace; committed before anything is saved. Fenced.
    func intendArchive(_ archive: ArchiveRecord, actor: String) async throws -> Bool

    /// The workspace is saved whole; snapshots move on in the same transaction. Fenced.
    func publishArchive(
        _ archive: ArchiveID,
        of sandbox: SandboxID,
        epoch: UInt64,
        reference: ArchiveReference,
        actor: String
    ) async throws -> Bool

    /// Nothing whole came of it. Not fenced.
    func abandonArchive(_ archive: ArchiveID, reason: String, actor: String) async throws

    /// The snapshot that an owner has begun and not published.
    func unfinishedSnapshot(of sandbox: SandboxID) async throws -> ArchiveRecord?

    /// An archive turned out not to be readable. Not fenced.
    func noteDamage(_ archive: ArchiveID, message: String, actor: String) async throws
}

/// The lease is not ours any more.
package struct NoLease: Error {
    package init() {}
}

extension LeaseStore {
    /// Takes the lease when nobody has it, this worker included.
    package func acquire(
        _ sandbox: SandboxID,
        in workspace: WorkspaceID,
        for worker: WorkerID,
        placement: String?
    ) async throws -> Acquisition {
        try await acquire(sandbox, in: workspace, for: worker, placement: placement, retaking: nil)
    }
}
