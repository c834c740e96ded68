/// `agent install`: lets systemd run the agent.
enum InstallCommand {
    static func perform(_ words: [String]) throws(AgentError) {
        _ = try Words(words, verb: "install")
        let paths = try AgentPaths.standard()
        let identity = try AgentIdentity.require(paths)
        let configuration = try AgentConfiguration.load(paths)
        try configuration.checkMachine(file: paths.configurationFile)
        let systemd = Systemd(isSystem: Account.isRoot)
        let file = try systemd.file()
        try LocalFile.makeDirectories(LocalFile.parent(of: file), mode: 0o755)
        // The folders as they are now: what they follow from (HOME, XDG_*) may be another for the system's manager.
        let folders = [
            (AgentPaths.configurationVariable, paths.configuration), (AgentPaths.stateVariable, paths.state),
        ]
        let variables = ["SANDFLEET_AGENT_CA_FILE", "SANDFLEET_AGENT_PLAIN_HTTP", "SANDFLEET_BOXD"]
        try LocalFile.replace(
            file,
            with: systemd.unit(
                program: Environment.executable,
                environment: folders + variables.compactMap { name in Environment.value(name).map { (name, $0) } }
            ),
            mode: 0o644
        )
        Terminal.say("Wrote \(file).")
        guard systemd.isRunning else {
            Terminal.say("systemd does not run here, so nothing was started. Run it by hand: agent run")
            return
        }
        guard systemd.control("daemon-reload"), systemd.control("enable", "--now", Systemd.name) else {
            throw AgentError(
                .machine,
                "systemd did not start the unit.",
                advice: "See: systemctl \(systemd.isSystem ? "" : "--user ")status \(Systemd.name)"
            )
        }
        Terminal.say("Started it, as \(identity.name) (\(identity.agent)). See: agent status")
        if !systemd.isSystem {
            Terminal.say("It runs while you are logged in; `loginctl enable-linger` lets it run always.")
        }
    }
}
