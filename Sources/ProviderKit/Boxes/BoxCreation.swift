package import Model

/// Everything a driver needs to make a box.
package struct BoxCreation: Sendable {
    package var tag: BoxTag
    package var spec: SandboxSpec
    /// The sandbox's environment, for every process in the box; secret, never logged.
    package var environment: [String: String]

    package init(tag: BoxTag, spec: SandboxSpec, environment: [String: String]) {
        self.tag = tag
        self.spec = spec
        self.environment = environment
    }
}
