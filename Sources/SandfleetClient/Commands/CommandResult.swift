/// What a command that was waited for did and printed.
public struct CommandResult: Codable, Hashable, Sendable {
    /// The durable id of its process.
    public let processId: String
    /// How it ended.
    public let exit: ProcessExit
    /// The last of what it printed, as text.
    public let stdout: String
    /// The last of what it printed to its standard error, as text.
    public let stderr: String
    /// Whether it printed more than is held here.
    public let truncated: Bool
    /// How long it ran.
    public let durationMs: Double?

    /// Whether it ended by itself with exit code 0.
    public var isSuccess: Bool { exit.isSuccess }

    package init(
        processId: String,
        exit: ProcessExit,
        stdout: String,
        stderr: String,
        truncated: Bool,
        durationMs: Double?
    ) {
        self.processId = processId
        self.exit = exit
        self.stdout = stdout
        self.stderr = stderr
        self.truncated = truncated
        self.durationMs = durationMs
    }
}

extension CommandResult {
    private enum CodingKeys: String, CodingKey {
        case processId
        case success
        case stdout
        case stderr
        case truncated
        case durationMs
    }

    /// Reads the flat document of the API.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        processId = try values.decode(String.self, forKey: .processId)
        exit = try ProcessExit(from: decoder)
        stdout = try values.decodeIfPresent(String.self, forKey: .stdout) ?? ""
        stderr = try values.decodeIfPresent(String.self, forKey: .stderr) ?? ""
        truncated = try values.decodeIfPresent(Bool.self, forKey: .truncated) ?? false
        durationMs = try values.decodeIfPresent(Double.self, forKey: .durationMs)
    }

    /// Writes the flat document of the API.
    public func encode(to encoder: any Encoder) throws {
        try exit.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(processId, forKey: .processId)
        try values.encode(isSuccess, forKey: .success)
        try values.encode(stdout, forKey: .stdout)
        try values.encode(stderr, forKey: .stderr)
        try values.encode(truncated, forKey: .truncated)
        try values.encodeIfPresent(durationMs, forKey: .durationMs)
    }
}
