/// What a process is, as its row says.
public struct ProcessStatus: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// It runs.
    public static let running = Self(rawValue: "running")
    /// It ended by itself; `exitCode` is its word.
    public static let exited = Self(rawValue: "exited")
    /// It was killed; `reason` and `signal` say how.
    public static let killed = Self(rawValue: "killed")
    /// It never ran.
    public static let failed = Self(rawValue: "failed")
    /// Nobody can know how it ended; `reason` says why.
    public static let lost = Self(rawValue: "lost")
}

/// What a process is for.
public struct ProcessKind: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A command, as most are.
    public static let command = Self(rawValue: "command")
    /// Something that serves others.
    public static let service = Self(rawValue: "service")
    /// A server of the Codex protocol.
    public static let codexAppServer = Self(rawValue: "codex-app-server")
    /// A server that is developed against.
    public static let devServer = Self(rawValue: "dev-server")
    /// A run of tests.
    public static let testRunner = Self(rawValue: "test-runner")
    /// Something that looks for changes.
    public static let watcher = Self(rawValue: "watcher")
}

/// Whether a running process keeps its sandbox awake.
public struct ProcessMode: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// It does.
    public static let foreground = Self(rawValue: "foreground")
    /// It does not.
    public static let background = Self(rawValue: "background")
}

/// Whether all output of a process can be read.
public struct OutputState: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// It can.
    public static let ok = Self(rawValue: "ok")
    /// It cannot be stored now: the process is slowed, and nothing is lost.
    public static let stalled = Self(rawValue: "stalled")
    /// It can, from the archive.
    public static let archived = Self(rawValue: "archived")
    /// It was kept for as long as the fleet keeps it, and is gone.
    public static let expired = Self(rawValue: "expired")
}
