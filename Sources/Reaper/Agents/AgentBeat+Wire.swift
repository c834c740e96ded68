import Model
import Wire

extension AgentLoad {
    init(_ load: WireAgentLoad) {
        self.init(
            sandboxes: Int(load.sandboxes),
            processes: Int(load.processes),
            operations: Int(load.operations),
            loadAverage: Int(load.loadAverage),
            memoryFreeBytes: Int64(clamping: load.memoryFreeBytes),
            spooledBytes: Int64(clamping: load.spooledBytes)
        )
    }
}

extension AgentCapabilities {
    /// What an agent says of itself, without what no row could hold.
    init(_ capabilities: WireAgentCapabilities) {
        self.init(
            version: Self.text(capabilities.version),
            wireVersion: max(1, Int(capabilities.wireVersion)),
            os: Self.text(capabilities.os),
            architecture: Self.text(capabilities.architecture),
            hostName: Self.text(capabilities.hostName),
            tools: capabilities.tools.prefix(256).map(Self.text),
            desktop: capabilities.desktop,
            exec: capabilities.exec,
            files: capabilities.files,
            isolated: capabilities.isolated,
            denials: Dictionary(
                capabilities.denials.prefix(64).map { (Self.text($0.key), Self.text($0.value)) },
                uniquingKeysWith: { first, _ in first }
            ),
            maximumProcesses: Int(capabilities.maximumProcesses),
            memoryLimitBytes: Int64(clamping: capabilities.memoryLimitBytes),
            processors: Int(capabilities.processors),
            memoryBytes: Int64(clamping: capabilities.memoryBytes),
            root: Self.text(capabilities.root)
        )
    }

    /// One agent's NUL must not spoil the statement that writes the beats of many.
    private static func text(_ text: String) -> String { String(text.filter { $0 != "\0" }.prefix(4096)) }
}
