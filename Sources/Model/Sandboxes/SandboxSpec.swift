/// What was asked of a sandbox's box, stored with the row so that the box can be made again; policy and secrets apart.
package struct SandboxSpec: Sendable, Hashable, Codable {
    package var image: String?
    package var resources: Resources
    package var networkPolicy: NetworkPolicy
    package var ports: [Int]
    package var purpose: String?
    /// The machine that the sandbox is on, of a self-hosted one.
    package var agent: AgentID?
    /// Where on that machine it works: absolute, or relative to the root that its user has set.
    package var directory: String?
    /// What only its provider understands, by its names; what was not a string is its JSON.
    package var params: [String: String]?

    package init(
        image: String? = nil,
        resources: Resources = Resources(),
        networkPolicy: NetworkPolicy = .none,
        ports: [Int] = [],
        purpose: String? = nil,
        agent: AgentID? = nil,
        directory: String? = nil,
        params: [String: String]? = nil
    ) {
        self.image = image
        self.resources = resources
        self.networkPolicy = networkPolicy
        self.ports = ports
        self.purpose = purpose
        self.agent = agent
        self.directory = directory
        self.params = params
    }
}
