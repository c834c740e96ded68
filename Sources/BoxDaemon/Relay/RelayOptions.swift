/// What `boxd relay` is told on its command line.
package struct RelayOptions: Equatable {
    /// Holds the daemon's socket, its fence and its spool; made when it is missing.
    package var directory = ""
    /// Where programs begin, and what relative paths are relative to; made when it is missing.
    package var workspace = "/workspace"
    /// Nil is what the environment says.
    package var home: String?
    /// The channel carries lines of text only.
    package var isText = false
    /// Bytes of output on disk that nobody has acknowledged; then programs are slowed.
    package var spoolLimit: UInt64 = 256 << 20

    /// Parses `--name value` pairs and `--text`; nil when something is missing, unknown or malformed.
    package init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let name = rest.popFirst() {
            if name == "--text" {
                isText = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--directory": directory = value
            case "--workspace": workspace = value
            case "--home": home = value
            case "--spool-limit":
                guard let limit = UInt64(value) else { return nil }
                spoolLimit = limit
            default: return nil
            }
        }
        guard directory.utf8.first == UInt8(ascii: "/"), workspace.utf8.first == UInt8(ascii: "/") else { return nil }
    }

    var socket: String { directory + "/socket" }

    /// The arguments of the daemon whose listener is descriptor 3.
    var daemonArguments: [String] {
        [
            "boxd", "--listen-fd", "3", "--keeper", "--workspace", workspace, "--fence", directory + "/fence",
            "--spool", directory + "/spool", "--spool-limit", "\(spoolLimit)",
        ] + (home.map { ["--home", $0] } ?? [])
    }

    package static let usage = """
        usage: boxd relay --directory DIR [--workspace DIR] [--home DIR] [--spool-limit BYTES] [--text]

        """
}
