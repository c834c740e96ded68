import Model

/// What bubblewrap is told; the root, and where its descriptors are, were laid out by the launch before it.
struct BubblewrapArguments {
    /// Where the box's first process lies in the box.
    static let daemon = "/run/sandfleet/boxd"
    /// The descriptor of the listening socket in the box.
    static let listener: Int32 = 3
    /// The descriptor of the box's control group.
    static let group: Int32 = 7

    var program: String
    var networkPolicy: NetworkPolicy
    var memoryMb: Int?
    var delegatesGroup: Bool

    var list: [String] {
        var arguments = [
            program, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup",
            "--as-pid-1", "--new-session", "--cap-drop", "ALL", "--hostname", Skeleton.hostName,
            "--uid", "\(Skeleton.userID)", "--gid", "\(Skeleton.userID)",
            "--bind", "/tmp/root", "/", "--proc", "/proc", "--dev", "/dev",
        ]
        arguments += memoryFiles
        arguments += [
            "--dir", "/run/sandfleet", "--ro-bind", "/tmp/init", Self.daemon,
            "--seccomp", "4", "--info-fd", "5", "--block-fd", "6", "--chdir", "/workspace",
        ]
        switch networkPolicy {
        case .none: arguments.append("--unshare-net")
        case .full: break
        }
        if delegatesGroup { arguments.append("--disable-userns") }
        arguments += [
            "--", Self.daemon, "--listen-fd", "\(Self.listener)", "--workspace", "/workspace",
            "--home", "/home/\(Skeleton.userName)",
        ]
        if delegatesGroup { arguments += ["--cgroup-fd", "\(Self.group)"] }
        // Where the box has a limit, its programs die before its first process. Else only the host can be short of memory:
        // to it they are like any others, however well the one who makes boxes is protected.
        arguments += ["--oom-score", memoryMb == nil ? "0" : "500"]
        return arguments
    }

    /// Filesystems in memory.
    ///
    /// Their files count against the box's memory and outlive the programs that wrote them, so
    /// together they stay well below its limit: else nobody's death would make room for the box's first process.
    private var memoryFiles: [String] {
        let run = 16 << 20
        guard let memoryMb else { return ["--size", "\(run)", "--tmpfs", "/run"] }
        let memory = memoryMb << 20
        return [
            "--size", "\(min(run, memory / 16))", "--tmpfs", "/run",
            "--perms", "1777", "--size", "\(memory / 2)", "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
        ]
    }

    /// All that the box's first process finds in its environment.
    static let environment = [
        "HOME=/home/\(Skeleton.userName)", "USER=\(Skeleton.userName)", "LOGNAME=\(Skeleton.userName)",
        "SHELL=/bin/bash", "LANG=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]
}
