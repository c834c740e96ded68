import Glibc

/// Where everything of one fleet lies.
package struct DataDirectory: Sendable, Equatable {
    /// Absolute, without symbolic links.
    package let path: String

    /// Makes the directory when needed, and everything in it that the supervisor itself owns.
    package init(creating path: String) throws(FleetError) {
        try makeDirectory(path, mode: Account.isRoot ? 0o711 : 0o700, withParents: true)
        guard let real = realpath(path, nil) else {
            throw FleetError(.data, "Cannot resolve \(path): \(lastSystemError()).")
        }
        defer { free(real) }
        self.path = String(cString: real)
        try checkOwner()
        for name in ["keys", "run", "logs", "nats", "archive"] {
            try makeDirectory("\(self.path)/\(name)", mode: 0o700)
        }
    }

    /// Where a user's fleet lies unless told otherwise; the command line looks for `fleet.json` there.
    package static var standardPath: String {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let named = value("SANDFLEET_DATA") { return named }
        return "\(value("XDG_DATA_HOME") ?? "\(value("HOME") ?? ".")/.local/share")/sandfleet"
    }

    package var document: String { "\(path)/fleet.json" }
    package var lock: String { "\(path)/lock" }
    /// What the workers of this host share: boxes, layers, images.
    package var boxes: String { "\(path)/local" }
    /// Output that is over, compressed.
    package var archive: String { "\(path)/archive" }
    package var jetStream: String { "\(path)/nats/jetstream" }
    /// The accounts' tokens as they were pushed.
    package var natsAccounts: String { "\(path)/nats/accounts" }
    package var keys: String { "\(path)/keys" }
    package var natsConfiguration: String { "\(path)/nats/nats.conf" }
    /// Owned by the account of Postgres; holds the cluster and its socket.
    package var postgres: String { "\(path)/postgres" }

    package func key(_ name: String) -> String { "\(path)/keys/\(name)" }
    package func log(_ service: String) -> String { "\(path)/logs/\(service).log" }
    package func processRecord(_ service: String) -> String { "\(path)/run/\(service).pid" }
    var outputBytesRecord: String { "\(path)/nats/output.bytes" }
    package func portRecord(_ service: String) -> String { "\(path)/run/\(service).port" }
    package func readyMark(_ service: String) -> String { "\(path)/run/\(service).ready" }

    private func checkOwner() throws(FleetError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid == geteuid() else {
            throw FleetError(
                .notPermitted,
                "\(path) belongs to another user (uid \(status.st_uid)).",
                advice: "Run as that user, or name another directory with --data."
            )
        }
    }
}

/// Makes one directory, or accepts the one that is there.
func makeDirectory(_ path: String, mode: mode_t, withParents: Bool = false) throws(FleetError) {
    if mkdir(path, mode) == 0 { return }
    if errno == ENOENT, withParents, let slash = path.dropLast().lastIndex(of: "/"), slash != path.startIndex {
        try makeDirectory(String(path[..<slash]), mode: 0o755, withParents: true)
        if mkdir(path, mode) == 0 { return }
    }
    let error = errno
    var status = stat()
    if error == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    throw FleetError(
        error == EACCES || error == EPERM ? .notPermitted : .data,
        "Cannot make the directory \(path): \(lastSystemError(error)).",
        advice: error == EACCES ? "Name a directory of your own with --data." : nil
    )
}
