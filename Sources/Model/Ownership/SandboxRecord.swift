package import FoundationEssentials

/// One sandbox as the database knows it; without its environment, which stays sealed.
package struct SandboxRecord: Sendable, Hashable {
    package var id: SandboxID
    package var workspace: WorkspaceID
    package var provider: String
    package var name: String?
    package var status: SandboxStatus
    package var intent: Intent
    package var intentReason: String?
    package var persistent: Bool
    package var spec: SandboxSpec
    package var metadata: [String: String]
    package var tags: [String: String]
    package var timeoutMs: Int64?
    package var idleTimeoutMs: Int64?
    package var expiresAt: Date?
    package var errorCode: String?
    package var errorMessage: String?
    package var createdAt: Date
    package var updatedAt: Date
    package var shutdownAt: Date?
    package var leaseState: LeaseState
    package var epoch: UInt64
    package var owner: WorkerID?
    package var account: String?
    package var placement: String?
    package var envelope: Envelope?
    /// The archive that its next box begins with: a restore, a fork, or a creation from a checkpoint that is under way.
    package var source: ArchiveID?
    /// The provider's id of the box that is being stopped (rule 11): whoever acquires finishes that first.
    package var drainingBox: String?

    package init(
        id: SandboxID,
        workspace: WorkspaceID,
        provider: String,
        name: String? = nil,
        status: SandboxStatus,
        intent: Intent,
        intentReason: String? = nil,
        persistent: Bool,
        spec: SandboxSpec,
        metadata: [String: String] = [:],
        tags: [String: String] = [:],
        timeoutMs: Int64? = nil,
        idleTimeoutMs: Int64? = nil,
        expiresAt: Date? = nil,
        errorCode: String? = nil,
        errorMessage: String? = nil,
        createdAt: Date,
        updatedAt: Date,
        shutdownAt: Date? = nil,
        leaseState: LeaseState,
        epoch: UInt64,
        owner: WorkerID? = nil,
        account: String? = nil,
        placement: String? = nil,
        envelope: Envelope? = nil,
        source: ArchiveID? = nil,
        drainingBox: String? = nil
    ) {
        self.id = id
        self.workspace = workspace
        self.provider = provider
        self.name = name
        self.status = status
        self.intent = intent
        self.intentReason = intentReason
        self.persistent = persistent
        self.spec = spec
        self.metadata = metadata
        self.tags = tags
        self.timeoutMs = timeoutMs
        self.idleTimeoutMs = idleTimeoutMs
        self.expiresAt = expiresAt
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.shutdownAt = shutdownAt
        self.leaseState = leaseState
        self.epoch = epoch
        self.owner = owner
        self.account = account
        self.placement = placement
        self.envelope = envelope
        self.source = source
        self.drainingBox = drainingBox
    }
}
