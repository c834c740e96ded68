/// Where the agent keeps what is its own.
package struct AgentPaths: Sendable {
    /// `agent.json` lies in it.
    package var configuration: String
    /// Identity, lock, log, and what is known of sandboxes.
    package var state: String

    static let configurationVariable = "SANDFLEET_AGENT_CONFIG"
    static let stateVariable = "SANDFLEET_AGENT_STATE"

    package init(configuration: String, state: String) {
        self.configuration = configuration
        self.state = state
    }

    /// `/etc/sandfleet` and `/var/lib/sandfleet-agent` for root, the user's own folders otherwise.
    ///
    /// `SANDFLEET_AGENT_CONFIG` and `SANDFLEET_AGENT_STATE` name other folders.
    package static func standard() throws(AgentError) -> AgentPaths {
        if Account.isRoot {
            return AgentPaths(
                configuration: Environment.value(configurationVariable) ?? "/etc/sandfleet",
                state: Environment.value(stateVariable) ?? "/var/lib/sandfleet-agent"
            )
        }
        let home = Environment.value("HOME") ?? Account.own?.home
        func folder(_ own: String, _ base: String, _ fallback: String, _ name: String) throws(AgentError) -> String {
            if let folder = Environment.value(own) { return folder }
            if let base = Environment.value(base), base.hasPrefix("/") { return "\(base)/\(name)" }
            guard let home else {
                throw AgentError(.machine, "HOME is not set.", advice: "Set it, or \(own).")
            }
            return "\(home)/\(fallback)/\(name)"
        }
        return AgentPaths(
            configuration: try folder(configurationVariable, "XDG_CONFIG_HOME", ".config", "sandfleet"),
            state: try folder(stateVariable, "XDG_STATE_HOME", ".local/state", "sandfleet-agent")
        )
    }

    package var configurationFile: String { configuration + "/agent.json" }
    var identity: String { state + "/identity.json" }
    var lock: String { state + "/lock" }
    var machine: String { state + "/machine" }
    var sandboxes: String { state + "/sandboxes" }
    package var log: String { state + "/agent.log" }
    var statusSocket: String { state + "/status.socket" }

    /// Of folders of the state.
    ///
    /// Keepers of another account pass through root's, and see no names there; every file is its owner's alone.
    static var mode: UInt32 { Account.isRoot ? 0o711 : 0o700 }

    func makeState() throws(AgentError) {
        try LocalFile.makeDirectories(state, mode: Self.mode)
        try LocalFile.makeDirectories(sandboxes, mode: Self.mode)
    }
}
