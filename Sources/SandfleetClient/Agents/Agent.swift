public import FoundationEssentials

/// A machine that a user has brought.
public struct Agent: Codable, Hashable, Sendable {
    /// Its durable id.
    public let id: String
    /// Its name, unique among the workspace's agents.
    public let name: String
    /// Labels to find it by.
    public let labels: [String: String]
    /// Whether it is there.
    public let state: AgentState
    /// Since when it has been in that state.
    public let stateAt: Date?
    /// What its machine calls itself.
    public let hostName: String?
    /// When it was last heard.
    public let lastBeatAt: Date?
    /// For how long calls wait for it once it has gone silent, in milliseconds.
    public let reconnectWindowMs: Int?
    /// What it has and what its user allows; nil until it was heard.
    public let capabilities: AgentCapabilities?
    /// What it is busy with.
    public let load: AgentLoad?
    /// When it was enrolled.
    public let createdAt: Date?
}

/// What a machine has and what its user allows.
public struct AgentCapabilities: Codable, Hashable, Sendable {
    /// Of the agent.
    public let version: String
    /// The operating system.
    public let os: String
    /// The processor's kind.
    public let architecture: String
    /// Programs that were found there.
    public let tools: [String]
    /// Whether commands are allowed.
    public let exec: Bool
    /// Whether files are allowed.
    public let files: Bool
    /// Whether commands run inside bubblewrap.
    public let isolated: Bool
    /// For whatever is not allowed, the setting that says so.
    public let denials: [String: String]
    /// The directory that sandboxes work in.
    public let root: String
}

/// What a machine is busy with.
public struct AgentLoad: Codable, Hashable, Sendable {
    /// How many sandboxes it has.
    public let sandboxes: Int
    /// How many processes run.
    public let processes: Int
    /// How many operations are under way.
    public let operations: Int
}

/// Whether a machine is there.
public struct AgentState: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Enrolled, and never heard.
    public static let new = Self(rawValue: "new")
    /// It is there.
    public static let online = Self(rawValue: "online")
    /// It has gone silent; calls wait for it.
    public static let reconnecting = Self(rawValue: "reconnecting")
    /// It is not there.
    public static let offline = Self(rawValue: "offline")
}

/// What of an agent shall change; what is nil stays.
public struct AgentUpdate: Codable, Hashable, Sendable {
    /// Another name.
    public var name: String?
    /// Replaces the labels.
    public var labels: [String: String]?
    /// For how long calls wait for it once it has gone silent, in milliseconds.
    public var reconnectWindowMs: Int?

    /// Changes nothing; set what shall change.
    public init() {}
}

/// Which machine a sandbox shall be on.
public enum AgentChoice: Hashable, Sendable {
    /// The one with this id or name.
    case named(String)
    /// Any that is online and has all of these labels.
    case labels([String: String])
}

extension AgentChoice: Codable {
    private struct Labels: Codable {
        let labels: [String: String]
    }

    /// Reads a name, or an object with labels.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            self = .named(name)
        } else {
            self = .labels(try Labels(from: decoder).labels)
        }
    }

    /// Writes it as the API takes it.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .named(let name):
            var container = encoder.singleValueContainer()
            try container.encode(name)
        case .labels(let labels): try Labels(labels: labels).encode(to: encoder)
        }
    }
}

/// Where on its machine a self-hosted sandbox works.
public struct SelfHosted: Codable, Hashable, Sendable {
    /// Absolute, or relative to the root that the machine's user has set.
    public var directory: String?

    /// Names the directory; nil is the root.
    public init(directory: String? = nil) {
        self.directory = directory
    }
}
