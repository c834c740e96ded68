package import Model

/// A sandbox to be: what the gateway writes before anything happens.
package struct NewSandbox: Sendable {
    package var id: SandboxID
    package var workspace: WorkspaceID
    package var provider: String
    package var name: String?
    package var persistent: Bool
    package var spec: SandboxSpec
    /// Secret: sealed before it leaves the process, never logged.
    package var environment: [String: String]
    /// The sandbox whose environment it gets instead; what is sealed there is sealed again, and leaves the store nowhere.
    package var environmentOf: SandboxID?
    package var metadata: [String: String]
    package var tags: [String: String]
    package var timeoutMs: Int64?
    package var idleTimeoutMs: Int64?
    /// The checkpoint, or the archive of a fork, that its files begin with.
    ///
    /// Where that is a provider's own, the sandbox is bound to that provider and host.
    package var source: ArchiveID?
    package var actor: String

    package init(
        id: SandboxID,
        workspace: WorkspaceID,
        provider: String,
        name: String?,
        persistent: Bool,
        spec: SandboxSpec,
        environment: [String: String],
        environmentOf: SandboxID? = nil,
        metadata: [String: String],
        tags: [String: String],
        timeoutMs: Int64?,
        idleTimeoutMs: Int64?,
        source: ArchiveID? = nil,
        actor: String
    ) {
        self.id = id
        self.workspace = workspace
        self.provider = provider
        self.name = name
        self.persistent = persistent
        self.spec = spec
        self.environment = environment
        self.environmentOf = environmentOf
        self.metadata = metadata
        self.tags = tags
        self.timeoutMs = timeoutMs
        self.idleTimeoutMs = idleTimeoutMs
        self.source = source
        self.actor = actor
    }
}

/// The caller's promise that repeats of a create are the same create.
package struct IdempotencyKey: Sendable, Hashable {
    package var key: String
    /// SHA-256 of the canonical body, before defaults.
    package var bodyHash: [UInt8]

    package init(key: String, bodyHash: [UInt8]) {
        self.key = key
        self.bodyHash = bodyHash
    }
}

/// How a create ended in the store.
package enum CreationOutcome: Sendable {
    case created(SandboxRecord)
    /// The same key made this sandbox before.
    case repeated(SandboxRecord)
    /// The same key came with another body.
    case keyConflict
    /// The sandbox that the key made was deleted since.
    case repeatedDeleted(SandboxID)
    /// Another sandbox of the workspace has the name; one that failed for good has none any more.
    case nameTaken(SandboxRecord)
    /// The workspace has no such checkpoint, or it is deleted.
    case sourceUnknown
    /// The checkpoint is still being saved.
    case sourceNotReady
    /// The workspace has no such agent, or it is deleted.
    case agentUnknown
}
