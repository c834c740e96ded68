/// How a process ended.
public struct ProcessExit: Codable, Hashable, Sendable {
    /// Whether it ended by itself.
    public var status: ProcessStatus
    /// Its exit code, when it ended by itself.
    public var exitCode: Int?
    /// The signal that ended it, as in `KILL`.
    public var signal: String?
    /// Why it was killed, failed or is lost, as in `timeout`.
    public var reason: String?
    /// One sentence for a person, as why it could not be started.
    public var message: String?
    /// How many bytes it printed.
    public var stdoutBytes: Int?
    /// How many bytes it printed to its standard error.
    public var stderrBytes: Int?
    /// Whether something that it started still held its output open when it was over; what that prints is not kept.
    public var outputOpen: Bool?

    /// Makes an end.
    public init(
        _ status: ProcessStatus,
        exitCode: Int? = nil,
        signal: String? = nil,
        reason: String? = nil,
        message: String? = nil
    ) {
        self.status = status
        self.exitCode = exitCode
        self.signal = signal
        self.reason = reason
        self.message = message
    }

    /// Whether it ended by itself with exit code 0.
    public var isSuccess: Bool { status == .exited && exitCode == 0 }

    /// The number of the signal that ended it, when its name is one that Linux has.
    public var signalNumber: Int? { signal.flatMap(ProcessSignal.number) }
}
