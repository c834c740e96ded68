public import FoundationEssentials

/// A process of a sandbox, as the fleet knows it: a record that outlives the program itself.
public struct SandboxProcess: Hashable, Sendable {
    /// Its durable id.
    public let id: String
    /// The sandbox that it belongs to.
    public let sandboxId: String
    /// What it is for.
    public let kind: ProcessKind
    /// Whether it keeps its sandbox awake while it runs.
    public let mode: ProcessMode
    /// What it is now.
    public let status: ProcessStatus
    /// Its exit code, when it ended by itself.
    public let exitCode: Int?
    /// The signal that ended it, as in `KILL`.
    public let signal: String?
    /// Why it was killed, failed or is lost.
    public let reason: String?
    /// One sentence for a person, as why it could not be started.
    public let message: String?
    /// The program, or a line for the shell when there are no arguments.
    public let command: String
    /// The program's arguments.
    public let args: [String]?
    /// Where it was started.
    public let cwd: String?
    /// Whether it has a terminal.
    public let pty: Bool
    /// After how many milliseconds it is killed.
    public let timeoutMs: Int?
    /// What the provider, or an observed process's owner, calls it.
    public let externalProcessId: String?
    /// Whether another program runs it and reports it.
    public let observed: Bool
    /// How many bytes it has printed; nil when that is not known.
    public let stdoutBytes: Int?
    /// How many bytes it has printed to its standard error; nil when that is not known.
    public let stderrBytes: Int?
    /// How many chunks of output there are.
    public let chunkCount: Int?
    /// Whether all output can be read.
    public let outputState: OutputState?
    /// Whether something that it started still held its output open when it was over.
    public let outputOpen: Bool?
    /// When it was started.
    public let startedAt: Date?
    /// When it ended.
    public let exitedAt: Date?
    /// Notes of its caller.
    public let metadata: [String: JSONValue]

    /// Whether it has not ended yet.
    public var isRunning: Bool { status == .running }

    /// How it ended; nil while it runs.
    public var exit: ProcessExit? {
        guard !isRunning else { return nil }
        var exit = ProcessExit(status, exitCode: exitCode, signal: signal, reason: reason, message: message)
        exit.stdoutBytes = stdoutBytes
        exit.stderrBytes = stderrBytes
        exit.outputOpen = outputOpen
        return exit
    }
}

extension SandboxProcess: Codable {
    /// Reads what is there; only the id, the status and the command must be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        sandboxId = try values.decodeIfPresent(String.self, forKey: .sandboxId) ?? ""
        kind = try values.decodeIfPresent(ProcessKind.self, forKey: .kind) ?? .command
        mode = try values.decodeIfPresent(ProcessMode.self, forKey: .mode) ?? .foreground
        status = try values.decode(ProcessStatus.self, forKey: .status)
        exitCode = try values.decodeIfPresent(Int.self, forKey: .exitCode)
        signal = try values.decodeIfPresent(String.self, forKey: .signal)
        reason = try values.decodeIfPresent(String.self, forKey: .reason)
        message = try values.decodeIfPresent(String.self, forKey: .message)
        command = try values.decode(String.self, forKey: .command)
        args = try values.decodeIfPresent([String].self, forKey: .args)
        cwd = try values.decodeIfPresent(String.self, forKey: .cwd)
        let terminal = try values.decodeIfPresent(JSONValue.self, forKey: .pty) ?? .null
        // The size of a terminal says as well that there is one.
        pty = terminal.truth ?? (terminal != .null)
        timeoutMs = try values.decodeIfPresent(Int.self, forKey: .timeoutMs)
        externalProcessId = try values.decodeIfPresent(String.self, forKey: .externalProcessId)
        observed = try values.decodeIfPresent(Bool.self, forKey: .observed) ?? false
        stdoutBytes = try values.decodeIfPresent(Int.self, forKey: .stdoutBytes)
        stderrBytes = try values.decodeIfPresent(Int.self, forKey: .stderrBytes)
        chunkCount = try values.decodeIfPresent(Int.self, forKey: .chunkCount)
        outputState = try values.decodeIfPresent(OutputState.self, forKey: .outputState)
        outputOpen = try values.decodeIfPresent(Bool.self, forKey: .outputOpen)
        startedAt = try values.decodeIfPresent(Date.self, forKey: .startedAt)
        exitedAt = try values.decodeIfPresent(Date.self, forKey: .exitedAt)
        metadata = try values.decodeIfPresent([String: JSONValue].self, forKey: .metadata) ?? [:]
    }
}
