package import Model

/// Everything a driver needs to make a box.
package struct BoxCreation: Sendable {
    package var tag: BoxTag
    package var spec: SandboxSpec
    /// Whose it is; it may have an account of its own at the provider.
    package var workspace: WorkspaceID?
    /// The account that was written down for it before; nil where nothing was.
    package var account: String?
    /// The sandbox's environment, for every process in the box; secret, never logged.
    package var environment: [String: String]
    /// What its files begin with, of this driver's own making; nil is the image alone.
    package var source: ArchiveReference?

    package init(
        tag: BoxTag,
        spec: SandboxSpec,
        workspace: WorkspaceID? = nil,
        account: String? = nil,
        environment: [String: String],
        source: ArchiveReference? = nil
    ) {
        self.tag = tag
        self.spec = spec
        self.workspace = workspace
        self.account = account
        self.environment = environment
        self.source = source
    }

    /// What is made in another account than was written down, nobody would look for there.
    package func requireAccount(_ binding: Binding) throws(DriverError) {
        guard account == nil || account == binding.account else {
            throw DriverError(.transient, "The workspace's account has changed meanwhile.")
        }
    }

    /// What the box is made from, if it was saved by this provider and under this binding's account.
    package func source(
        savedBy provider: String,
        under binding: Binding
    ) throws(DriverError) -> ArchiveReference? {
        guard let source else { return nil }
        guard source.provider == provider, source.format == .native else {
            throw DriverError(.invalid, "The archive is none of this provider.")
        }
        guard source.account == nil || source.account == binding.account else {
            throw DriverError(.unauthorized, "The archive was made under another account.")
        }
        return source
    }
}
