/// The body of a create.
struct CreateBody: Encodable, Sendable {
    struct Source: Encodable, Sendable {
        let type = "snapshot"
        let snapshotId: String

        private enum CodingKeys: String, CodingKey {
            case type
            case snapshotId
        }
    }

    struct Resources: Encodable, Sendable {
        let vcpus: Int
    }

    let projectId: String
    let name: String
    /// A runtime or an image, as it was given.
    let image: String?
    let source: Source?
    let ports: [Int]
    /// Milliseconds.
    let timeout: Int64
    let resources: Resources
    let persistent: Bool
    let networkPolicy: NetworkPolicyBody
    let tags: [String: String]
    /// Milliseconds.
    let snapshotExpiration: Int64?
}

/// One of the two policies that the fleet knows.
struct NetworkPolicyBody: Encodable, Sendable {
    let mode: String

    static let allowAll = NetworkPolicyBody(mode: "allow-all")
    static let denyAll = NetworkPolicyBody(mode: "deny-all")
}
