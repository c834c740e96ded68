/// What was asked of a sandbox's box, stored with the row so that the box can be made again; policy and secrets apart.
package struct SandboxSpec: Sendable, Hashable, Codable {
    package var image: String?
    package var resources: Resources
    package var networkPolicy: NetworkPolicy
    package var ports: [Int]
    package var purpose: String?

    package init(
        image: String? = nil,
        resources: Resources = Resources(),
        networkPolicy: NetworkPolicy = .none,
        ports: [Int] = [],
        purpose: String? = nil
    ) {
        self.image = image
        self.resources = resources
        self.networkPolicy = networkPolicy
        self.ports = ports
        self.purpose = purpose
    }
}
