/// The answer to `/version`.
struct VersionDocument: Decodable, Sendable {
    var newest: String
    var oldest: String?

    private enum CodingKeys: String, CodingKey {
        case newest = "ApiVersion"
        case oldest = "MinAPIVersion"
    }
}

/// The answer to `/info`, as far as it matters.
struct EngineDocument: Decodable, Sendable {
    var id: String
    var rootDirectory: String
    var name: String?
    var system: String?
    /// As `uname -m` says it.
    var machine: String?
    var holdsMemory: Bool?
    var holdsProcessors: Bool?

    private enum CodingKeys: String, CodingKey {
        case id = "ID"
        case rootDirectory = "DockerRootDir"
        case name = "Name"
        case system = "OSType"
        case machine = "Architecture"
        case holdsMemory = "MemoryLimit"
        case holdsProcessors = "CpuCfsQuota"
    }
}

/// An answer that is an id.
struct MadeDocument: Decodable, Sendable {
    var id: String

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
    }
}

/// What became of a command that was run in a container.
struct ExecDocument: Decodable, Sendable {
    var isRunning: Bool
    var exitCode: Int?

    private enum CodingKeys: String, CodingKey {
        case isRunning = "Running"
        case exitCode = "ExitCode"
    }
}

/// One line of a pull.
struct PullDocument: Decodable, Sendable {
    /// Bytes.
    struct Detail: Decodable, Sendable {
        var current: Int64?
        var total: Int64?
    }

    var status: String?
    var id: String?
    var detail: Detail?
    var error: String?

    private enum CodingKeys: String, CodingKey {
        case status, id, error
        case detail = "progressDetail"
    }
}
