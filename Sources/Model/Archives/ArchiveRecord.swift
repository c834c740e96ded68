package import FoundationEssentials

/// One row of the ledger of saved workspaces.
package struct ArchiveRecord: Sendable, Hashable {
    package var id: ArchiveID
    package var workspace: WorkspaceID
    /// Whose files it holds.
    package var sandbox: SandboxID
    package var purpose: ArchivePurpose
    package var state: ArchiveState
    package var format: ArchiveReference.Format
    package var provider: String
    package var account: String?
    package var placement: String?
    /// The lease under which it was made.
    package var epoch: UInt64
    /// The box whose files it holds.
    package var box: BoxID?
    /// Nil until it is whole.
    package var reference: ArchiveReference?
    package var comment: String?
    package var sizeBytes: Int64?
    package var createdAt: Date
    package var publishedAt: Date?
    package var expiresAt: Date?
    /// Why nothing came of it, or what is wrong with it.
    package var error: String?

    package init(
        id: ArchiveID,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        purpose: ArchivePurpose,
        state: ArchiveState,
        format: ArchiveReference.Format,
        provider: String,
        account: String? = nil,
        placement: String? = nil,
        epoch: UInt64,
        box: BoxID? = nil,
        reference: ArchiveReference? = nil,
        comment: String? = nil,
        sizeBytes: Int64? = nil,
        createdAt: Date,
        publishedAt: Date? = nil,
        expiresAt: Date? = nil,
        error: String? = nil
    ) {
        self.id = id
        self.workspace = workspace
        self.sandbox = sandbox
        self.purpose = purpose
        self.state = state
        self.format = format
        self.provider = provider
        self.account = account
        self.placement = placement
        self.epoch = epoch
        self.box = box
        self.reference = reference
        self.comment = comment
        self.sizeBytes = sizeBytes
        self.createdAt = createdAt
        self.publishedAt = publishedAt
        self.expiresAt = expiresAt
        self.error = error
    }
}
