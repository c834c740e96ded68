public import FoundationEssentials

/// A key to the fleet, without its secret.
public struct APIKey: Codable, Hashable, Sendable {
    /// Its durable id.
    public let id: String
    /// What its owner calls it.
    public let name: String
    /// What it may do.
    public let scopes: [APIKeyScope]
    /// When it was made.
    public let createdAt: Date?
    /// When it was revoked.
    public let revokedAt: Date?
    /// The secret itself; present only in the answer that makes the key.
    public let key: String?
}

/// What a key may do.
public struct APIKeyScope: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Look at everything of its workspace.
    public static let read = Self(rawValue: "read")
    /// Make, use and remove sandboxes.
    public static let write = Self(rawValue: "write")
    /// See the fleet, and make keys.
    public static let admin = Self(rawValue: "admin")
}
