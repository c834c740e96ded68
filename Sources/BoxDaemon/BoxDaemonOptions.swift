/// What `boxd` is told on its command line.
package struct BoxDaemonOptions: Equatable {
    /// The descriptor of a listening Unix socket.
    package var listener: Int32 = -1
    package var workspace = "/workspace"
    /// Nil is the workspace; for a keeper it is what the environment says, if it does.
    package var home: String?
    /// The descriptor of a delegated cgroup2 directory, in which each process gets one of its own.
    package var cgroups: Int32?
    /// The `oom_score_adj` of programs, so that they die before the daemon when the box's memory is used up.
    package var oomScore: UInt?

    /// Holds a sandbox on a user's own machine, as one process among those of others.
    package var isKeeper = false
    /// `NAME=value` entries that programs start with instead of the daemon's own; empty means the daemon's own.
    package var environment: [String] = []
    /// The file that remembers the highest epoch.
    package var fence: String?
    /// The directory that file operations and working directories cannot leave.
    package var root: String?
    /// The directory for output that nobody has acknowledged and memory does not hold.
    package var spool: String?
    package var spoolLimit: UInt64 = 1 << 30
    /// How many durable processes run at once.
    package var maximumProcesses: Int?
    /// Bytes of memory that programs may use.
    package var memory: UInt64?

    /// Parses `--name value` pairs and `--keeper`.
    ///
    /// Nil when something is missing, unknown or malformed.
    package init?(_ arguments: [String]) {
        var rest = arguments[...]
        var hasWorkspace = false
        while let name = rest.popFirst() {
            if name == "--keeper" {
                isKeeper = true
                continue
            }
            guard let value = rest.popFirst(), set(name, to: value) else { return nil }
            hasWorkspace = hasWorkspace || name == "--workspace"
        }
        guard listener > 2 else { return nil }
        if let root, !hasWorkspace {
            workspace = root
        }
        guard !isKeeper || Self.absolute(workspace) != nil else { return nil }
    }

    /// Returns whether there is such an option with such a value.
    private mutating func set(_ name: String, to value: String) -> Bool {
        switch name {
        case "--listen-fd": return assign(Int32(value), to: \.listener)
        case "--workspace": workspace = value
        case "--home": home = value
        case "--cgroup-fd": return assign(Int32(value).flatMap { $0 > 2 ? $0 : nil }, to: \.cgroups)
        case "--oom-score": return assign(UInt(value).flatMap { $0 <= 1000 ? $0 : nil }, to: \.oomScore)
        case "--environment":
            environment.append(value)
            return value.utf8.dropFirst().contains(UInt8(ascii: "="))
        case "--fence": return assign(Self.absolute(value), to: \.fence)
        case "--root": return assign(Self.absolute(value), to: \.root)
        case "--spool": return assign(Self.absolute(value), to: \.spool)
        case "--spool-limit": return assign(UInt64(value), to: \.spoolLimit)
        case "--maximum-processes": return assign(Int(value).flatMap { $0 > 0 ? $0 : nil }, to: \.maximumProcesses)
        case "--memory": return assign(UInt64(value).flatMap { $0 > 0 ? $0 : nil }, to: \.memory)
        default: return false
        }
        return true
    }

    private mutating func assign<Value>(_ value: Value?, to path: WritableKeyPath<Self, Value>) -> Bool {
        guard let value else { return false }
        self[keyPath: path] = value
        return true
    }

    private mutating func assign<Value>(_ value: Value?, to path: WritableKeyPath<Self, Value?>) -> Bool {
        guard let value else { return false }
        self[keyPath: path] = value
        return true
    }

    private static func absolute(_ path: String) -> String? {
        path.utf8.first == UInt8(ascii: "/") ? path : nil
    }

    package static let usage = """
        usage: boxd --listen-fd N [--workspace DIR] [--home DIR] [--cgroup-fd N] [--oom-score N]
                    [--keeper] [--root DIR] [--environment NAME=value]... [--fence FILE]
                    [--spool DIR] [--spool-limit BYTES] [--maximum-processes N] [--memory BYTES]

        """
}
