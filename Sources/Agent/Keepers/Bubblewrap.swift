/// The confinement of a keeper and of everything that it starts.
enum Bubblewrap {
    /// What a system consists of; each is shown read only where it is there.
    private static let system = [
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/sys", "/nix", "/snap",
    ]

    /// Settings of the kernel, which whoever has root's number may write without any capability.
    private static let kernel = ["/proc/sys", "/proc/sysrq-trigger", "/proc/fs", "/proc/irq", "/proc/bus"]

    /// System directories read only, the root writable at its own path, nobody's home, own process ids and IPC.
    static func arguments(root: String, directory: String, daemon: String, folder: KeeperDirectory) -> [String] {
        var arguments = [
            "--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1",
            // Root would keep them, and could make writable again what is read only.
            "--cap-drop", "ALL",
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--tmpfs", "/run",
        ]
        for path in kernel { arguments += ["--ro-bind-try", path, path] }
        for path in system { arguments += ["--ro-bind-try", path, path] }
        // Names are looked up through what a link in /etc points to.
        for path in ["/run/systemd/resolve", "/run/resolvconf"] { arguments += ["--ro-bind-try", path, path] }
        arguments += ["--ro-bind", daemon, daemon]
        // The keeper's own two folders of the state: its output on disk, and its fence.
        for path in [folder.spool, LocalFile.parent(of: folder.fence)] { arguments += ["--bind", path, path] }
        return arguments + ["--bind", root, root, "--chdir", directory]
    }
}
