import Glibc

extension AgentConfiguration {
    /// Reads `agent.json`.
    ///
    /// Whatever is wrong is named with its key and with what would be right.
    package static func load(_ paths: AgentPaths) throws(AgentError) -> AgentConfiguration {
        let file = paths.configurationFile
        guard let bytes = LocalFile.read(file) else {
            guard !LocalFile.exists(file) else { throw .system("Cannot read \(file)") }
            throw AgentError(
                .usage,
                "There is no \(file), so it is not known where sandboxes may work.",
                advice: "Enrolling with --root DIR makes one, or write: {\"root\": \"/srv/work\"}"
            )
        }
        return try parse(bytes, file: file)
    }

    package static func parse(_ bytes: [UInt8], file: String) throws(AgentError) -> AgentConfiguration {
        let json: JSON
        do {
            json = try JSON(bytes)
        } catch {
            throw AgentError(.usage, "\(file) is not JSON: \(error).")
        }
        var reader = try ConfigurationReader(json, file: file)
        guard let root = try reader.path("root") else {
            throw reader.wrong("root", "is missing; it names the directory that sandboxes work in, as in \"/srv/work\"")
        }
        var configuration = AgentConfiguration(root: root)
        configuration.user = try reader.text("user")
        if var allow = try reader.section("allow") {
            configuration.allowsExec = try allow.flag("exec") ?? true
            configuration.allowsFiles = try allow.flag("files") ?? true
            configuration.allowsNetwork = try allow.flag("network") ?? true
            try allow.finish()
        }
        configuration.environment = try reader.names("environment") ?? configuration.environment
        if let word = try reader.text("isolation") {
            guard let isolation = Isolation(rawValue: word) else {
                throw reader.wrong("isolation", "must be \"none\" or \"bubblewrap\", not \"\(word)\"")
            }
            configuration.isolation = isolation
        }
        guard configuration.allowsNetwork || configuration.isolation == .bubblewrap else {
            throw reader.wrong("allow.network", "is false, which only `\"isolation\": \"bubblewrap\"` can hold")
        }
        configuration.maximumProcesses = try reader.number("maximumProcesses", 0...4096) ?? 64
        configuration.maximumOperations = try reader.number("maximumOperations", 1...4096) ?? 256
        configuration.memoryMb = try reader.number("memoryMb", 0...16_777_216) ?? 0
        configuration.spoolMb = try reader.number("spoolMb", 0...1_048_576) ?? 1024
        if var log = try reader.section("log") {
            configuration.logPath = try log.path("path")
            try log.finish()
        }
        try reader.finish()
        return configuration
    }

    /// Checks what only the machine knows: directories, accounts, programs.
    package func checkMachine(file: String) throws(AgentError) {
        func wrong(_ key: String, _ problem: String) -> AgentError {
            AgentError(.usage, "`\(key)` in \(file) \(problem).")
        }
        var status = stat()
        guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw wrong("root", "names \(root), which is not a directory on this machine")
        }
        if let user {
            guard let account = Account.named(user) else {
                throw wrong("user", "names \(user), which has no account here")
            }
            guard Account.isRoot || account.user == geteuid() else {
                throw wrong("user", "names \(user), but only root can run programs as somebody else")
            }
        }
        if isolation == .bubblewrap, Environment.find("bwrap") == nil {
            throw wrong(
                "isolation",
                "is bubblewrap, but there is no `bwrap` on this machine; install it, or say \"none\""
            )
        }
    }

    /// The account that keepers are switched to.
    var account: Account? { user.flatMap { Account.named($0) } }
}
