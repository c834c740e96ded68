/// What a user's machine has and what its user allows.
package struct AgentCapabilities: Sendable, Hashable, Codable {
    package var version: String
    package var wireVersion: Int
    package var os: String
    package var architecture: String
    package var hostName: String
    /// Programs that were found there, such as `git`.
    package var tools: [String]
    package var desktop: Bool
    package var exec: Bool
    package var files: Bool
    /// Whether commands run inside bubblewrap.
    package var isolated: Bool
    /// For whatever is not allowed, the setting of the user's configuration that says so.
    package var denials: [String: String]
    /// 0: no limit.
    package var maximumProcesses: Int
    /// 0: no limit.
    package var memoryLimitBytes: Int64
    package var processors: Int
    package var memoryBytes: Int64
    package var root: String

    package init(
        version: String,
        wireVersion: Int,
        os: String,
        architecture: String,
        hostName: String,
        tools: [String],
        desktop: Bool,
        exec: Bool,
        files: Bool,
        isolated: Bool,
        denials: [String: String],
        maximumProcesses: Int,
        memoryLimitBytes: Int64,
        processors: Int,
        memoryBytes: Int64,
        root: String
    ) {
        self.version = version
        self.wireVersion = wireVersion
        self.os = os
        self.architecture = architecture
        self.hostName = hostName
        self.tools = tools
        self.desktop = desktop
        self.exec = exec
        self.files = files
        self.isolated = isolated
        self.denials = denials
        self.maximumProcesses = maximumProcesses
        self.memoryLimitBytes = memoryLimitBytes
        self.processors = processors
        self.memoryBytes = memoryBytes
        self.root = root
    }
}
