import CLinux
import ExecutionEngine
import Glibc

/// How a keeper is started: boxd in a session of its own, which outlives the agent.
struct KeeperLaunch: Sendable {
    var daemon: String
    var configuration: AgentConfiguration
    /// The root's real path.
    var root: String
    /// The sandbox's real path.
    var directory: String
    var folder: KeeperDirectory
    var keeper: String
    /// Secret: it goes to the keeper alone, and to no disk.
    var sandboxEnvironment: [String: String]
    var hasNetwork = true

    /// Starts it, blocking until it has been executed; returns its process id.
    func start() throws(AgentError) -> pid_t {
        let account = configuration.account
        try prepare(account)
        let path = folder.socket(of: keeper)
        unlink(path)
        let listener = linux_listen(path, 64)
        guard listener >= 0 else { throw .system("Cannot listen at \(path)") }
        defer { close(listener) }
        // Only the agent talks to it.
        guard chmod(path, 0o600) == 0 else { throw .system("Cannot listen at \(path)") }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw .system("Cannot open /dev/null") }
        defer { close(null) }
        let command = try command()
        var child = SupervisedChild(
            executable: command[0],
            arguments: Array(command.dropFirst()),
            environment: environment(account),
            input: null,
            output: null
        )
        child.handed = listener
        if let account, Account.isRoot {
            child.account = SupervisedChild.Account(user: account.user, group: account.group)
        }
        do {
            return try child.start()
        } catch {
            throw .system("Cannot start a keeper (\(error.step))", error.error.code)
        }
    }

    /// What the keeper writes to is its user's.
    private func prepare(_ account: Account?) throws(AgentError) {
        try LocalFile.makeDirectories(folder.path, mode: AgentPaths.mode)
        for directory in [folder.spool, LocalFile.parent(of: folder.fence)] {
            try LocalFile.makeDirectories(directory)
            guard let account, Account.isRoot else { continue }
            guard chown(directory, account.user, account.group) == 0 else {
                throw .system("Cannot hand over \(directory)")
            }
            // What a keeper of another account has left in it, and nothing that is linked from it.
            for name in LocalFile.names(in: directory) {
                guard lchown("\(directory)/\(name)", account.user, account.group) == 0 || errno == ENOENT else {
                    throw .system("Cannot hand over \(directory)/\(name)")
                }
            }
        }
    }

    private func command() throws(AgentError) -> [String] {
        var keeper = [
            daemon, "--listen-fd", "\(SupervisedChild.handedNumber)", "--workspace", directory, "--keeper", "--root",
            root,
            "--fence", folder.fence, "--spool", folder.spool,
            "--spool-limit", "\(UInt64(configuration.spoolMb) << 20)",
        ]
        if configuration.maximumProcesses > 0 {
            keeper += ["--maximum-processes", "\(configuration.maximumProcesses)"]
        }
        if configuration.memoryMb > 0 { keeper += ["--memory", "\(UInt64(configuration.memoryMb) << 20)"] }
        guard configuration.isolation == .bubblewrap else { return keeper }
        guard let program = Environment.find("bwrap") else {
            throw AgentError(.machine, "There is no `bwrap` on this machine any more.")
        }
        return [program] + (hasNetwork ? [] : ["--unshare-net"])
            + Bubblewrap.arguments(root: root, directory: directory, daemon: daemon, folder: folder) + ["--"] + keeper
    }

    /// The agent's own variables that the configuration names, the account's, then the sandbox's.
    ///
    /// The last are another's, and bubblewrap's loader heeds its environment before anything is confined.
    private func environment(_ account: Account?) -> [String: String] {
        var values: [String: String] = ["PATH": Environment.defaultPath]
        let account = account ?? Account.own
        values["HOME"] = configuration.isolation == .bubblewrap ? directory : account?.home ?? directory
        values["USER"] = account?.name
        values["LOGNAME"] = account?.name
        for name in configuration.environment {
            if let value = Environment.value(name) { values[name] = value }
        }
        for (name, value) in sandboxEnvironment { values[HandedVariable.name(for: name)] = value }
        return values
    }

    /// What may have kept it from starting.
    func advice(for code: Int32) -> String? {
        if code == ENOSYS {
            return "A keeper needs Linux 5.9 or later."
        }
        if configuration.isolation == .bubblewrap {
            return "Can bubblewrap make namespaces on this machine? Try: bwrap --ro-bind / / true"
        }
        guard let user = configuration.user, code == EACCES else { return nil }
        return "Can \(user) enter \(directory) and pass through \(folder.path)? Others need `x` on what leads there."
    }
}
