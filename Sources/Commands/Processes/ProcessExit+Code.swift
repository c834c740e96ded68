import SandfleetClient

extension ProcessExit {
    /// The exit code that passes this end on.
    ///
    /// The command's own; 128 and the number of the signal that ended it; 124 when its time was up, 126 and 127 when it
    /// could not be started, as `timeout` and shells have it; 75 when nobody knows.
    var processExitCode: Int32 {
        if let exitCode { return Int32(truncatingIfNeeded: exitCode) & 0xFF }
        switch (status, reason) {
        case (.killed, "timeout"?): return 124
        case (.failed, "command_not_found"?): return 127
        case (.failed, _): return 126
        case (.lost, _): return Failure.Kind.outcomeUnknown.rawValue
        default: return 128 + Int32(truncatingIfNeeded: signalNumber ?? 9)
        }
    }

    /// What a person should know beyond the exit code.
    var note: String? {
        switch (status, reason) {
        case (.exited, _): nil
        case (_, "timeout"?): "the command was killed: its time was up"
        case (.failed, let reason): "the command could not be started" + Self.tail(message ?? reason)
        case (.killed, let reason):
            "the command was killed" + (signal.map { " by \($0)" } ?? "") + Self.tail(reason == "signal" ? nil : reason)
        case (_, let reason): "how the command ended is not known" + Self.tail(message ?? reason)
        }
    }

    /// The end in a few words, as in `exited 0` or `killed KILL (timeout)`.
    var summary: String {
        let fact = exitCode.map { " \($0)" } ?? signal.map { " \($0)" } ?? ""
        return status.rawValue + fact + (reason.map { $0 == "signal" ? "" : " (\($0))" } ?? "")
    }

    private static func tail(_ reason: String?) -> String { reason.map { ": \($0)" } ?? "" }
}
