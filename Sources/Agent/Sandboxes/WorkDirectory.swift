import Glibc

/// Finds and makes the directory that a sandbox works in.
enum WorkDirectory {
    /// The real path of `requested`, absolute or relative to the root; what is missing is made, for `account`.
    ///
    /// No link below the root is followed, so that nobody who works there can lead the agent out of it.
    static func make(_ requested: String, root: String, account: Account?) throws -> String {
        let relative: Substring
        if requested.hasPrefix("/") {
            guard requested == root || requested.hasPrefix(root == "/" ? "/" : root + "/") else {
                throw Denial.root("\(requested) is not below \(root).")
            }
            relative = requested.dropFirst(root.count)
        } else {
            relative = requested[...]
        }
        let names = relative.split(separator: "/").filter { $0 != "." }
        guard !names.contains(".."), !requested.utf8.contains(0) else {
            throw Denial.root("\(requested) leads out of \(root).")
        }
        var directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw AgentError.system("Cannot open \(root)") }
        defer { close(directory) }
        for name in names {
            let next = try enter(String(name), of: directory, root: root, account: account)
            close(directory)
            directory = next
        }
        return names.isEmpty ? root : (root == "/" ? "" : root) + "/" + names.joined(separator: "/")
    }

    private static func enter(_ name: String, of directory: Int32, root: String, account: Account?) throws -> Int32 {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
        var next = openat(directory, name, flags)
        if next < 0, errno == ENOENT {
            guard mkdirat(directory, name, 0o755) == 0 || errno == EEXIST else {
                throw AgentError.system("Cannot make the directory \(name)")
            }
            next = openat(directory, name, flags)
            if next >= 0, let account, Account.isRoot, fchown(next, account.user, account.group) != 0 {
                close(next)
                throw AgentError.system("Cannot hand over the directory \(name)")
            }
        }
        guard next >= 0 else {
            guard errno != ELOOP, errno != ENOTDIR else { throw Denial.root("\(name) is a link or no directory.") }
            throw AgentError.system("Cannot enter the directory \(name)")
        }
        return next
    }
}
