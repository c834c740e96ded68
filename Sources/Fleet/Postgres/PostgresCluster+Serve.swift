import Glibc

extension PostgresCluster {
    /// A fast shutdown ends the connections and writes a checkpoint; the immediate one that follows recovers on start.
    package static let stopSteps = [
        StopStep(SIGINT, grace: .seconds(60), isPatient: true),
        StopStep(SIGQUIT, grace: .seconds(5), isPatient: true),
    ]

    /// How to start the server; `settings` overrides what an embedded fleet needs.
    package func server(environment: [String: String], settings: [String: String] = [:]) -> ChildSpecification {
        let effective = standardSettings.merging(settings) { _, own in own }
        let arguments = effective.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        var child = child("postgres", ["-D", "\(ownFolder)/data"] + arguments, environment: environment)
        child.deathSignal = SIGINT
        return child
    }

    /// Whether `child` itself says that it accepts connections.
    package func isServing(_ child: ChildProcess) async -> Bool {
        guard let mark = TextFile.read("\(directory)/postmaster.pid") else { return false }
        let lines = mark.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 7 else { return false }
        return Int32(lines[0]) == child.pid && String(lines[7]).trimmed == "ready"
    }

    /// Ends a server that still runs on this cluster, and removes the mark of one that does not.
    ///
    /// Postgres looks only whether *some* process has the pid in its mark; after a crash that may be anybody.
    package func clearLeftover() async {
        let mark = "\(directory)/postmaster.pid"
        guard let first = TextFile.read(mark)?.split(separator: "\n").first, let pid = Int32(first) else { return }
        if let identity = ProcessIdentity(pid: pid), worksHere(pid) {
            await identity.end(with: SIGINT, grace: .seconds(30))
        }
        unlink(mark)
    }

    /// A postmaster's working directory is its cluster.
    private func worksHere(_ pid: Int32) -> Bool {
        var mine = stat()
        var its = stat()
        guard stat(directory, &mine) == 0, stat("/proc/\(pid)/cwd", &its) == 0 else { return false }
        return mine.st_dev == its.st_dev && mine.st_ino == its.st_ino
    }

    private var standardSettings: [String: String] {
        [
            "listen_addresses": "127.0.0.1",
            "port": "\(port)",
            "unix_socket_directories": socketFolder == nil ? "" : ownFolder,
            "max_connections": "200",
            "shared_buffers": "32MB",
            "huge_pages": "off",
            "jit": "off",
            "fsync": "on",
            "synchronous_commit": "on",
            // One server, no replicas: the least that is written ahead.
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "512MB",
            "logging_collector": "off",
            "log_line_prefix": "%m [%p] ",
            "log_checkpoints": "off",
            // A message may show the statement, never what was bound to it.
            // A refused row's values are its user's: the log names the constraint, not the row.
            "log_error_verbosity": "terse",
            "log_parameter_max_length_on_error": "0",
            "cluster_name": "sandfleet",
        ]
    }
}
