package import Model

/// Everything a driver needs to bring a box back.
package struct BoxResumption: Sendable {
    package var envelope: Envelope
    package var sandbox: SandboxID
    package var epoch: UInt64
    package var spec: SandboxSpec
    /// Whose it is; it may have an account of its own at the provider.
    package var workspace: WorkspaceID?
    /// The sandbox's environment, for every process in the box; secret, never logged.
    package var environment: [String: String]

    package init(
        envelope: Envelope,
        sandbox: SandboxID,
        epoch: UInt64,
        spec: SandboxSpec,
        workspace: WorkspaceID? = nil,
        environment: [String: String]
    ) {
        self.envelope = envelope
        self.sandbox = sandbox
        self.epoch = epoch
        self.spec = spec
        self.workspace = workspace
        self.environment = environment
    }
}
