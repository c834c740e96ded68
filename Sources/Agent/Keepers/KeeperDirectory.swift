/// The folder of one sandbox in the agent's state.
struct KeeperDirectory: Sendable {
    let path: String

    init(_ paths: AgentPaths, sandbox: String) {
        path = "\(paths.sandboxes)/\(sandbox)"
    }

    var record: String { path + "/record.json" }
    var spool: String { path + "/spool" }
    var fence: String { path + "/fence/epoch" }
    func socket(of keeper: String) -> String { "\(path)/\(keeper).socket" }

    func load() throws(AgentError) -> SandboxRecord? {
        guard let bytes = LocalFile.read(record) else { return nil }
        guard let json = try? JSON(bytes), let loaded = SandboxRecord(json) else {
            throw AgentError(.machine, "\(record) is damaged.", advice: "Remove it when nothing of that sandbox runs.")
        }
        return loaded
    }

    func save(_ value: SandboxRecord) throws(AgentError) {
        try LocalFile.makeDirectories(path, mode: AgentPaths.mode)
        try LocalFile.replace(record, with: value.json.readableText)
    }

    func removeSocket(of keeper: String) throws(AgentError) { try LocalFile.removeTree(socket(of: keeper)) }

    /// Nobody will ask for this sandbox any more.
    func remove() throws(AgentError) { try LocalFile.removeTree(path) }

    /// What is of no use without the keeper; the record stays, for the fence.
    func clear(_ keeper: String) throws(AgentError) {
        try removeSocket(of: keeper)
        try LocalFile.removeTree(spool)
    }
}
