/// What `boxd` is told on its command line.
package struct BoxDaemonOptions: Equatable {
    /// The descriptor of a listening Unix socket.
    package var listener: Int32
    package var workspace: String
    package var home: String
    /// The descriptor of a delegated cgroup2 directory, in which each process gets one of its own.
    package var cgroups: Int32?
    /// The `oom_score_adj` of programs, so that they die before the daemon when the box's memory is used up.
    package var oomScore: UInt?

    /// Parses `--name value` pairs.
    ///
    /// Nil when something is missing, unknown or malformed.
    package init?(_ arguments: [String]) {
        var listener: Int32?
        var workspace = "/workspace"
        var home: String?
        var cgroups: Int32?
        var oomScore: UInt?
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--listen-fd": listener = Int32(value)
            case "--workspace": workspace = value
            case "--home": home = value
            case "--oom-score":
                guard let score = UInt(value), score <= 1000 else { return nil }
                oomScore = score
            case "--cgroup-fd":
                guard let number = Int32(value), number > 2 else { return nil }
                cgroups = number
            default: return nil
            }
        }
        guard let listener, listener > 2 else { return nil }
        self.listener = listener
        self.workspace = workspace
        self.home = home ?? workspace
        self.cgroups = cgroups
        self.oomScore = oomScore
    }

    package static let usage =
        "usage: boxd --listen-fd N [--workspace DIR] [--home DIR] [--cgroup-fd N] [--oom-score N]\n"
}
