/// What the machine's user allows.
package struct AgentConfiguration: Sendable, Equatable {
    package enum Isolation: String, Sendable, CaseIterable {
        case none
        case bubblewrap
    }

    /// Sandboxes work below it, and file operations cannot leave it.
    package var root: String
    /// The account that programs run as; nil is the agent's own.
    package var user: String?
    package var allowsExec = true
    package var allowsFiles = true
    /// Whether programs share the machine's network; without it they have a loopback of their own.
    package var allowsNetwork = true
    /// Variables of the agent's own environment that programs get.
    package var environment = ["PATH", "LANG"]
    package var isolation = Isolation.none
    /// Running at the same time; 0 is no limit.
    package var maximumProcesses = 64
    package var maximumOperations = 256
    /// Address space of each program; 0 is no limit.
    package var memoryMb = 0
    /// Output of one sandbox kept on disk before its programs have to wait.
    package var spoolMb = 1024
    /// Nil is beside the state.
    package var logPath: String?

    package init(root: String) {
        self.root = root
    }
}
