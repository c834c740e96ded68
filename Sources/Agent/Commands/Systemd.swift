import CLinux
import Glibc

/// The unit under which systemd runs the agent.
struct Systemd: Sendable {
    static let name = "sandfleet-agent.service"

    let isSystem: Bool

    /// Where units of ours lie.
    func folder() throws(AgentError) -> String {
        if isSystem { return "/etc/systemd/system" }
        if let base = Environment.value("XDG_CONFIG_HOME") { return base + "/systemd/user" }
        guard let home = Environment.value("HOME") else { throw AgentError(.machine, "HOME is not set.") }
        return home + "/.config/systemd/user"
    }

    func file() throws(AgentError) -> String { try folder() + "/" + Self.name }

    /// Whether the unit is there and runs the agent of this state: another one's is not ours to remove.
    ///
    /// - Parameter isByDefault: Nobody has named the folder of the state.
    func isInstalled(for state: String, isByDefault: Bool) -> Bool {
        guard let file = try? file(), let text = LocalFile.text(file) else { return false }
        // One that names no folder is of an agent that wrote no more than it was told, and has the one by default.
        guard text.contains("\"\(AgentPaths.stateVariable)=") else { return isByDefault }
        return text.contains(Self.setting(AgentPaths.stateVariable, state))
    }

    /// Whether systemd runs here and can be asked.
    var isRunning: Bool { LocalFile.exists("/run/systemd/system") && Environment.find("systemctl") != nil }

    /// - Parameter program: The agent's own path.
    func unit(program: String, environment: [(String, String)]) -> String {
        let variables = environment.map { "Environment=\(Self.setting($0.0, $0.1))\n" }.joined()
        return """
            [Unit]
            Description=Sandfleet agent
            After=network-online.target
            Wants=network-online.target

            [Service]
            ExecStart=\(Self.quoted(program, isCommand: true)) run
            ExecReload=/bin/kill -HUP $MAINPID
            \(variables)Restart=always
            RestartSec=2
            # Revoked, not enrolled, or a wrong configuration: trying again is of no use.
            RestartPreventExitStatus=\(AgentError.Kind.revoked.rawValue) \(AgentError.Kind.notEnrolled.rawValue) \
            \(AgentError.Kind.usage.rawValue) \(AgentError.Kind.alreadyRunning.rawValue)
            # What sandboxes run outlives a restart of the agent.
            KillMode=process
            TimeoutStopSec=45

            [Install]
            WantedBy=\(isSystem ? "multi-user.target" : "default.target")

            """
    }

    private static func setting(_ name: String, _ value: String) -> String {
        quoted("\(name)=\(value)", isCommand: false)
    }

    /// A word as systemd reads it back: it unquotes, resolves `%` everywhere, and variables in commands.
    private static func quoted(_ word: String, isCommand: Bool) -> String {
        var text = "\""
        for character in word.unicodeScalars {
            switch character {
            case "\"", "\\": text += "\\\(character)"
            case "%": text += "%%"
            case "$" where isCommand: text += "$$"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text + "\""
    }

    /// Runs `systemctl`; returns whether it succeeded.
    func control(_ words: String...) -> Bool {
        guard let program = Environment.find("systemctl") else { return false }
        let all = [program] + (isSystem ? [] : ["--user"]) + words
        var arguments = all.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid = pid_t()
        guard posix_spawn(&pid, program, nil, nil, &arguments, environ) == 0 else { return false }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return linux_exit_code(status) == 0
    }
}
