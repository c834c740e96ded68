import Glibc

/// `agent uninstall`: stops the agent, removes its unit and its identity.
///
/// Files of sandboxes and the user's configuration stay.
enum UninstallCommand {
    static func perform(_ words: [String]) async throws {
        let words = try Words(words, verb: "uninstall", flags: ["--yes"])
        let paths = try AgentPaths.standard()
        let systemd = Systemd(isSystem: Account.isRoot)
        let unit = try systemd.file()
        let isInstalled = systemd.isInstalled(for: Environment.value("SANDFLEET_AGENT_STATE"))
        let identity = try? AgentIdentity.load(paths)
        guard identity != nil || LocalFile.exists(paths.state) || isInstalled else {
            return Terminal.say("There is no agent on this machine.")
        }
        if !words.has("--yes") {
            try confirm(
                """
                This stops the agent\(identity.map { " \($0.name) (\($0.agent))" } ?? "") and what its sandboxes run, \
                and removes its identity and log in \(paths.state).
                The files of sandboxes and \(paths.configurationFile) stay.
                """
            )
        }
        if isInstalled {
            if systemd.isRunning { _ = systemd.control("disable", "--now", Systemd.name) }
            unlink(unit)
            if systemd.isRunning { _ = systemd.control("daemon-reload") }
            Terminal.say("Removed \(unit).")
        }
        try await stop(paths)
        let ended = endKeepers(paths)
        if ended > 0 { Terminal.say("Ended what ran in \(ended) sandboxes.") }
        try LocalFile.removeTree(paths.state)
        Terminal.say("Removed \(paths.state).")
        if let identity {
            Terminal.say("The fleet still lists it: `sandfleet agents delete \(identity.agent)` removes it there.")
        }
    }

    private static func confirm(_ text: String) throws(AgentError) {
        guard isatty(0) == 1 else {
            throw AgentError(.usage, text, advice: "Nobody can be asked here; `--yes` says that it is meant.")
        }
        Terminal.say(text + "\nGo on? [y/N]")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw AgentError(.usage, "Nothing was removed.")
        }
    }

    private static func stop(_ paths: AgentPaths) async throws {
        guard let pid = InstanceLock.holder(paths) else { return }
        kill(pid, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(45)
        while InstanceLock.holder(paths) == pid {
            guard ContinuousClock.now < deadline else {
                throw AgentError(.machine, "The agent (process \(pid)) does not stop.", advice: "Nothing was removed.")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        Terminal.say("Stopped the agent.")
    }

    private static func endKeepers(_ paths: AgentPaths) -> Int {
        LocalFile.names(in: paths.sandboxes)
            .count { name in
                let folder = KeeperDirectory(paths, sandbox: name)
                guard let keeper = (try? folder.load())?.keeper,
                    let process = KeeperProcesses.find(keeper, fence: folder.fence)
                else { return false }
                KeeperProcesses.end(process, isIsolated: keeper.isIsolated, grace: .seconds(5))
                return true
            }
    }
}
