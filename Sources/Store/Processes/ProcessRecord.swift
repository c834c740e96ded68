package import FoundationEssentials
package import Model

/// One process as the database knows it; without its environment and its webhook's secret, which stay sealed.
package struct ProcessRecord: Sendable, Hashable {
    package var id: ProcessID
    package var sandbox: SandboxID
    package var workspace: WorkspaceID
    package var kind: ProcessKind
    package var mode: ProcessMode
    /// Another program runs it and reports it; no worker owns it.
    package var isObserved: Bool
    package var status: ProcessStatus
    package var exitCode: Int32?
    package var signal: String?
    package var reason: String?
    package var message: String?
    package var outputOpen: Bool
    package var command: String
    /// Nil when `command` is a line for the shell.
    package var arguments: [String]?
    package var cwd: String?
    package var hasTerminal: Bool
    package var timeoutMs: Int64?
    /// How many bytes of output are stored in all; 0 is the worker's own limit.
    ///
    /// Every owner holds to it.
    package var storedLimit: Int64
    /// What reaches the limit is killed; otherwise it goes on without being stored.
    package var killsAtLimit: Bool
    package var operation: String?
    /// The lease and box that it belongs to; nil when observed.
    package var epoch: UInt64?
    package var box: BoxID?
    package var provider: String?
    package var externalID: String?
    package var metadata: [String: String]
    /// Final once it has ended; zero before.
    package var stdoutBytes: UInt64
    package var stderrBytes: UInt64
    package var chunkCount: UInt64
    package var outputState: OutputState
    /// The stream sequences of its first and last message; nil before the end.
    package var streamFirst: UInt64?
    package var streamLast: UInt64?
    package var startedAt: Date
    package var exitedAt: Date?

    package var isRunning: Bool { status == .running }
}
