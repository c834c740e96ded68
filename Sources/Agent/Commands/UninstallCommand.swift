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
        let isInstalled = systemd.isInstalled(
            for: paths.state,
            isByDefault: Environment.value(AgentPaths.stateVariable) == nil
        )
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
        let (ended, left) = endKeepers(paths)
        if ended > 0 { Terminal.say("Ended what ran in \(ended) sandboxes.") }
        guard left.isEmpty else {
            throw AgentError(
                .machine,
                "These processes of sandboxes could not be killed: \(left.map(String.init).joined(separator: ", ")).",
                advice: "Identity and log stay in \(paths.state). See to them, and run `agent uninstall` again."
            )
        }
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

    /// How many it has ended, and which processes are still there.
    private static func endKeepers(_ paths: AgentPaths) -> (ended: Int, left: [Int32]) {
        var ended = 0
        var left: [Int32] = []
        for name in LocalFile.names(in: paths.sandboxes) {
            guard let (process, isIsolated) = keeper(KeeperDirectory(paths, sandbox: name)) else { continue }
            let survivors = KeeperProcesses.end(process, isIsolated: isIsolated, grace: .seconds(5))
            if survivors.isEmpty { ended += 1 } else { left += survivors }
        }
        return (ended, left)
    }

    /// The living keeper of a folder; a record that is damaged keeps nobody from being found.
    private static func keeper(_ folder: KeeperDirectory) -> (process: ProcessIdentity, isIsolated: Bool)? {
        let record: SandboxRecord?
        do {
            record = try folder.load()
        } catch {
            Terminal.complain("\(error.message) Its keeper is looked for among all processes.")
            return KeeperProcesses.find(fence: folder.fence).map { ($0, KeeperProcesses.isIsolated($0)) }
        }
        guard let keeper = record?.keeper else { return nil }
        return KeeperProcesses.find(keeper, fence: folder.fence).map { ($0, keeper.isIsolated) }
    }
}
