/// How a process ended.
package struct ProcessEnd: Sendable, Hashable, Codable {
    package var status: ProcessStatus
    /// From a wait status; only with `exited`.
    package var exitCode: Int32?
    /// The name of the signal of a wait status, as in `TERM`; only with `killed`.
    package var signal: String?
    /// One of ``Reason``, or a word of an observed process's own.
    package var reason: String?
    /// One sentence for people, as why a program could not be started.
    package var message: String?
    /// A descendant still held the output open.
    package var outputOpen: Bool

    package init(
        _ status: ProcessStatus,
        exitCode: Int32? = nil,
        signal: String? = nil,
        reason: String? = nil,
        message: String? = nil,
        outputOpen: Bool = false
    ) {
        self.status = status
        self.exitCode = exitCode
        self.signal = signal
        self.reason = reason
        self.message = message
        self.outputOpen = outputOpen
    }

    /// The words that the fleet itself gives as reasons.
    package enum Reason {
        // Killed.
        package static let timeout = "timeout"
        package static let cancelled = "cancelled"
        package static let signal = "signal"
        package static let outputLimit = "output_limit"
        // Failed.
        package static let commandNotFound = "command_not_found"
        package static let startFailed = "start_failed"
        // Lost.
        package static let sandboxStopped = "sandbox_stopped"
        package static let sandboxPaused = "sandbox_paused"
        package static let sandboxDeleted = "sandbox_deleted"
        package static let boxGone = "box_gone"
        package static let notInBox = "not_in_box"
        package static let machineRebooted = "machine_rebooted"
        package static let keeperDied = "keeper_died"

        /// What a user's machine may give as the reason.
        package static let ofMachines = [machineRebooted, keeperDied]
    }
}
