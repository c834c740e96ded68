public import FoundationEssentials

/// A sandbox as the fleet remembers it; outlives the boxes that it runs in.
public struct Sandbox: Codable, Hashable, Sendable {
    /// Why a sandbox failed.
    public struct Failure: Codable, Hashable, Sendable {
        /// A stable word.
        public let code: String
        /// One sentence for a person.
        public let message: String?
    }

    /// The durable id.
    public let id: String
    /// The provider that runs it.
    public let provider: String
    /// Where it is in its life.
    public let status: SandboxStatus
    /// The provider's own id of its box.
    public let externalSandboxId: String?
    /// Its name, unique among the workspace's sandboxes.
    public let name: String?
    /// The image that its box was made from.
    public let image: String?
    /// The id of the machine that it is on, of a self-hosted one.
    public let agent: String?
    /// Its limits.
    public let resources: SandboxResources
    /// Whether its files survive a stop.
    public let persistent: Bool
    /// What its creator noted.
    public let metadata: [String: JSONValue]
    /// Labels to find it by.
    public let tags: [String: String]
    /// What it may reach.
    public let networkPolicy: NetworkPolicy?
    /// Its time to live in milliseconds.
    public let timeoutMs: Int?
    /// After how many idle milliseconds it is put to sleep.
    public let idleTimeoutMs: Int?
    /// When its time to live ends.
    public let expiresAt: Date?
    /// When it was asked for.
    public let createdAt: Date?
    /// When its record last changed.
    public let updatedAt: Date?
    /// When it was stopped.
    public let shutdownAt: Date?
    /// Why it failed, with the status `error`.
    public let error: Failure?
}

extension Sandbox {
    /// Reads what is there; only the id, the provider and the status must be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        provider = try values.decode(String.self, forKey: .provider)
        status = try values.decode(SandboxStatus.self, forKey: .status)
        externalSandboxId = try values.decodeIfPresent(String.self, forKey: .externalSandboxId)
        name = try values.decodeIfPresent(String.self, forKey: .name)
        image = try values.decodeIfPresent(String.self, forKey: .image)
        agent = try values.decodeIfPresent(String.self, forKey: .agent)
        resources = try values.decodeIfPresent(SandboxResources.self, forKey: .resources) ?? SandboxResources()
        persistent = try values.decodeIfPresent(Bool.self, forKey: .persistent) ?? false
        metadata = try values.decodeIfPresent([String: JSONValue].self, forKey: .metadata) ?? [:]
        tags = try values.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
        networkPolicy = try values.decodeIfPresent(NetworkPolicy.self, forKey: .networkPolicy)
        timeoutMs = try values.decodeIfPresent(Int.self, forKey: .timeoutMs)
        idleTimeoutMs = try values.decodeIfPresent(Int.self, forKey: .idleTimeoutMs)
        expiresAt = try values.decodeIfPresent(Date.self, forKey: .expiresAt)
        createdAt = try values.decodeIfPresent(Date.self, forKey: .createdAt)
        updatedAt = try values.decodeIfPresent(Date.self, forKey: .updatedAt)
        shutdownAt = try values.decodeIfPresent(Date.self, forKey: .shutdownAt)
        error = try values.decodeIfPresent(Failure.self, forKey: .error)
    }
}
