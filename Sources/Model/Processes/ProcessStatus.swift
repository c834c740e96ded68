/// What a process is, as its row says.
package enum ProcessStatus: String, Sendable, CaseIterable, Codable {
    case running
    /// It ended by itself; there is an exit code.
    case exited
    /// It could not be started.
    case failed
    /// A signal ended it; there is a reason.
    case killed
    /// How it ended cannot be known; there is a reason.
    case lost
}

/// What a process is for.
package enum ProcessKind: String, Sendable, CaseIterable, Codable {
    case command
    case service
    case codexAppServer = "codex-app-server"
    case devServer = "dev-server"
    case testRunner = "test-runner"
    case watcher
}

/// Whether a running process keeps its sandbox awake.
package enum ProcessMode: String, Sendable, CaseIterable, Codable {
    case foreground
    case background
}

/// Whether all output can be stored and read.
package enum OutputState: String, Sendable, CaseIterable, Codable {
    case ok
    /// The broker refuses or does not answer; the process is slowed, nothing is lost.
    case stalled
    /// Its chunks lie in the archive store.
    case archived
    /// Kept for as long as was asked, and gone.
    case expired
}
