package import Model

/// Everything a driver needs to make a box.
package struct BoxCreation: Sendable {
    package var tag: BoxTag
    package var spec: SandboxSpec
    /// Whose it is; it may have an account of its own at the provider.
    package var workspace: WorkspaceID?
    /// The sandbox's environment, for every process in the box; secret, never logged.
    package var environment: [String: String]
    /// What its files begin with, of this driver's own making; nil is the image alone.
    package var source: ArchiveReference?

    package init(
        tag: BoxTag,
        spec: SandboxSpec,
        workspace: WorkspaceID? = nil,
        environment: [String: String],
        source: ArchiveReference? = nil
    ) {
        self.tag = tag
        self.spec = spec
        self.workspace = workspace
        self.environment = environment
        self.source = source
    }
}
