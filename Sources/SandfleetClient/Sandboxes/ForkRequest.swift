/// What a sandbox that begins with another's files shall be; what is nil is as the other has it.
public struct ForkRequest: Codable, Hashable, Sendable {
    /// The id of a checkpoint to begin with; nil begins with the files as they are now.
    public var checkpoint: String?
    /// A name, unique among the workspace's sandboxes.
    public var name: String?
    /// Whether its files survive a stop.
    public var persistent: Bool?
    /// Its time to live in milliseconds.
    public var timeoutMs: Int?
    /// After how many idle milliseconds it is put to sleep.
    public var idleTimeoutMs: Int?
    /// Variables of every command in it.
    public var env: [String: String]?
    /// Notes for the caller's own use.
    public var metadata: [String: JSONValue]?
    /// Labels to find it by.
    public var tags: [String: String]?

    /// Leaves everything as it is; set what shall differ.
    public init() {}
}
