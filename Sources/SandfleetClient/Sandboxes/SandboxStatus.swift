/// Where a sandbox is in its life.
public struct SandboxStatus: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Its box is being made.
    public static let creating = Self(rawValue: "creating")
    /// It can be used.
    public static let active = Self(rawValue: "active")
    /// It was put to sleep, and wakes up by itself when it is used.
    public static let paused = Self(rawValue: "paused")
    /// Its user stopped it.
    public static let shutdown = Self(rawValue: "shutdown")
    /// It failed; `Sandbox.error` says why.
    public static let error = Self(rawValue: "error")
}

/// What a sandbox may reach.
public struct NetworkPolicy: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// No network.
    public static let none = Self(rawValue: "none")
    /// Everything that its host reaches.
    public static let full = Self(rawValue: "full")
}
