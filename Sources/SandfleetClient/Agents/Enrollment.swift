public import FoundationEssentials

/// The right to bring one machine.
public struct Enrollment: Codable, Hashable, Sendable {
    /// Its durable id.
    public let id: String
    /// One of `pending`, `used`, `expired`, `revoked`.
    public let state: String
    /// What the agent will be called; nil lets it choose.
    public let name: String?
    /// What the agent will have.
    public let labels: [String: String]
    /// The agent that came of it.
    public let agentId: String?
    /// When it was made.
    public let createdAt: Date?
    /// When it ends.
    public let expiresAt: Date?
    /// The token itself; present only in the answer that makes the enrollment.
    public let token: String?
}

/// A right to bring one machine, to be; what is nil is the fleet's choice.
public struct EnrollmentRequest: Codable, Hashable, Sendable {
    /// What the agent will be called; nil lets it choose.
    public var name: String?
    /// Labels of the agent.
    public var labels: [String: String]?
    /// For how long the token is good, in milliseconds.
    public var lifetimeMs: Int?

    /// Leaves everything to the fleet; set what matters.
    public init() {}
}
