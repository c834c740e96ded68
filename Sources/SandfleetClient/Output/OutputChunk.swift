public import FoundationEssentials
public import NIOCore

/// One numbered piece of what a process did.
public struct OutputChunk: Hashable, Sendable {
    /// What a chunk tells.
    public struct Kind: OpenValue {
        /// The word of the API.
        public let rawValue: String

        /// Wraps a word, known or not.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Something about the process changed; `data` says what.
        public static let status = Self(rawValue: "status")
        /// It printed bytes.
        public static let stdout = Self(rawValue: "stdout")
        /// It printed bytes to its standard error.
        public static let stderr = Self(rawValue: "stderr")
        /// A note of an observed process's owner.
        public static let metadata = Self(rawValue: "metadata")
        /// An observed process lives.
        public static let heartbeat = Self(rawValue: "heartbeat")
        /// It ended; the last chunk.
        public static let exit = Self(rawValue: "exit")
        /// It could not be started, or is lost; the last chunk.
        public static let error = Self(rawValue: "error")
    }

    /// Counts the chunks of a process from 1, without holes.
    public let sequence: Int
    /// When it happened.
    public let at: Date?
    /// What it tells.
    public let type: Kind
    /// The sandbox of the process.
    public let sandboxId: String?
    /// The process.
    public let processId: String?
    /// What was printed; nil for what is not `stdout` or `stderr`.
    public internal(set) var bytes: ByteBuffer?
    /// How many bytes its stream had before these; nil for what is not `stdout` or `stderr`.
    public internal(set) var offset: Int?
    /// What else it holds, by the API's own names.
    public let data: [String: JSONValue]

    /// What was printed as text, when it is UTF-8.
    public var text: String? {
        bytes.flatMap { String(validating: $0.readableBytesView, as: UTF8.self) }
    }

    /// Whether nothing comes after it.
    public var isLast: Bool { type == .exit || type == .error }

    /// How the process ended, when this is the last chunk.
    public var exit: ProcessExit? {
        guard isLast else { return nil }
        let unknown: ProcessStatus = data["code"]?.text == "process_start_failed" ? .failed : .lost
        let status = data["status"]?.text.map(ProcessStatus.init(rawValue:)) ?? unknown
        var exit = ProcessExit(
            status,
            exitCode: data["exitCode"]?.wholeNumber,
            signal: data["signal"]?.text,
            reason: data["reason"]?.text,
            message: data["message"]?.text
        )
        exit.stdoutBytes = data["stdoutBytes"]?.wholeNumber
        exit.stderrBytes = data["stderrBytes"]?.wholeNumber
        exit.outputOpen = data["outputOpen"]?.truth
        return exit
    }
}
