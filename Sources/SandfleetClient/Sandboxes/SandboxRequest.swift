/// What a new sandbox shall be; what is nil is the fleet's choice.
public struct SandboxRequest: Codable, Hashable, Sendable {
    /// The provider that shall run it.
    public var provider: String?
    /// The image to make its box from.
    public var image: String?
    /// The machine that a self-hosted one shall be on.
    public var agent: AgentChoice?
    /// Where on that machine it works.
    public var selfhosted: SelfHosted?
    /// The id of a checkpoint whose files it shall begin with.
    public var fromCheckpoint: String?
    /// A name, unique among the workspace's sandboxes.
    public var name: String?
    /// With a name: answer the sandbox that has it already.
    public var reuse: Bool?
    /// Whether its files survive a stop; nil is as the fleet has it for the provider.
    public var persistent: Bool?
    /// Its time to live in milliseconds.
    public var timeoutMs: Int?
    /// After how many idle milliseconds it is put to sleep.
    public var idleTimeoutMs: Int?
    /// Its limits.
    public var resources: SandboxResources?
    /// Variables of every command in it.
    public var env: [String: String]?
    /// Notes for the caller's own use.
    public var metadata: [String: JSONValue]?
    /// Labels to find it by.
    public var tags: [String: String]?
    /// What it may reach.
    public var networkPolicy: NetworkPolicy?
    /// Ports that shall be reachable from outside.
    public var ports: [Int]?
    /// What it is for, in a word.
    public var purpose: String?

    /// Leaves everything to the fleet; set what matters.
    public init() {}
}

/// What of a sandbox shall change; what is nil stays.
public struct SandboxUpdate: Codable, Hashable, Sendable {
    /// Another name.
    public var name: String?
    /// Another time to live in milliseconds.
    public var timeoutMs: Int?
    /// Another idle timeout in milliseconds.
    public var idleTimeoutMs: Int?
    /// Replaces the notes.
    public var metadata: [String: JSONValue]?
    /// Replaces the labels.
    public var tags: [String: String]?

    /// Changes nothing; set what shall change.
    public init() {}
}
