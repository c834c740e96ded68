import CLinux
import Glibc
import ProviderKit

/// Copies what a box has written, with everything that an overlay and its user see of it.
///
/// What lies in the target already is covered as an overlay would: so layers are merged by copying the lowest first.
struct TreeCopy {
    /// When to give up.
    var deadline: ContinuousClock.Instant?
    /// Files of the first user are given to the second.
    var user: (from: UInt32, to: UInt32)?
    private(set) var bytes: Int64 = 0
    private var links: [FileKey: [CChar]] = [:]
    private var root: Int32 = -1
    private var path: [CChar] = []
    private var files = FileCopy()

    init(deadline: ContinuousClock.Instant? = nil, user: (from: UInt32, to: UInt32)? = nil) {
        self.deadline = deadline
        self.user = user
    }

    /// Copies a directory's content and attributes onto another directory, which exists.
    mutating func copy(_ source: String, onto target: String) throws(DriverError) {
        let from = try HostDescriptor(opening: source, O_RDONLY | O_DIRECTORY)
        let into = try HostDescriptor(opening: target, O_RDONLY | O_DIRECTORY)
        var status = stat()
        guard fstat(from.rawValue, &status) == 0 else { throw .system("cannot look at a directory") }
        root = into.rawValue
        links = [:]
        path = []
        try fill(into.rawValue, from: from.rawValue, status)
    }

    private mutating func fill(_ into: Int32, from: Int32, _ status: stat) throws(DriverError) {
        for name in try FileTree.entries(of: from) {
            if let deadline, ContinuousClock.now >= deadline {
                throw DriverError(.timeout, "the box holds more than can be copied while it stands still")
            }
            let length = path.count
            if !path.isEmpty { path.append(47) }
            path += name.dropLast()
            try copy(name, from: from, into: into)
            path.removeSubrange(length...)
        }
        try ExtendedAttributes.copy(from: from, to: into)
        try finish(into, status)
    }

    private mutating func copy(_ name: [CChar], from: Int32, into: Int32) throws(DriverError) {
        var status = stat()
        guard fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw .system("cannot look at a file") }
        if status.isDirectory { return try copyDirectory(name, from: from, into: into, status) }
        try remove(name, in: into)
        let key = FileKey(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        // Whiteouts are hard links of one another.
        if status.st_nlink > 1, !Self.isWhiteout(status) {
            if let first = links[key] {
                guard linkat(root, first, into, name, 0) == 0 else { throw .system("cannot link a file") }
                return
            }
            links[key] = path + [0]
        }
        switch status.format {
        case S_IFREG:
            let target = try files.copy(name, from: from, into: into, size: Int64(status.st_size))
            bytes += Int64(status.st_size)
            return try finish(target.rawValue, status)
        case S_IFLNK:
            try copySymlink(name, from: from, into: into)
        default:
            // Of devices only whiteouts: nobody in a box can make another.
            guard Self.isWhiteout(status) || status.format == S_IFIFO || status.format == S_IFSOCK else { return }
            guard mknodat(into, name, status.st_mode, status.st_rdev) == 0 else { throw .system("cannot make a file") }
            guard fchmodat(into, name, status.st_mode & 0o7777, 0) == 0 else { throw .system("cannot set a mode") }
        }
        try own(status) { fchownat(into, name, $0, $1, AT_SYMLINK_NOFOLLOW) }
        var times = (status.st_atim, status.st_mtim)
        withUnsafePointer(to: &times) { pair in
            pair.withMemoryRebound(to: timespec.self, capacity: 2) {
                _ = utimensat(into, name, $0, AT_SYMLINK_NOFOLLOW)
            }
        }
    }

    private mutating func copyDirectory(
        _ name: [CChar],
        from: Int32,
        into: Int32,
        _ status: stat
    ) throws(DriverError) {
        let source = HostDescriptor(openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        guard source.rawValue >= 0 else { throw .system("cannot open a directory") }
        var present = stat()
        if fstatat(into, name, &present, AT_SYMLINK_NOFOLLOW) == 0 {
            let covers = try ExtendedAttributes.isOpaque(source.rawValue)
            if covers || !present.isDirectory { try remove(name, in: into) }
        }
        guard mkdirat(into, name, 0o700) == 0 || errno == EEXIST else { throw .system("cannot make a directory") }
        let target = HostDescriptor(openat(into, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        guard target.rawValue >= 0 else { throw .system("cannot open a directory") }
        try fill(target.rawValue, from: source.rawValue, status)
    }

    private func copySymlink(_ name: [CChar], from: Int32, into: Int32) throws(DriverError) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(from, name, &buffer, buffer.count - 1)
        guard count >= 0 else { throw .system("cannot read a symlink") }
        buffer[count] = 0
        guard symlinkat(buffer, into, name) == 0 else { throw .system("cannot make a symlink") }
    }

    private func remove(_ name: [CChar], in parent: Int32) throws(DriverError) {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        try FileTree.remove(name, in: parent)
    }

    /// The owner before the mode, which a change of the owner would cut; times last.
    private func finish(_ target: Int32, _ status: stat) throws(DriverError) {
        try own(status) { fchown(target, $0, $1) }
        guard fchmod(target, status.st_mode & 0o7777) == 0 else { throw .system("cannot set a mode") }
        var times = (status.st_atim, status.st_mtim)
        withUnsafePointer(to: &times) { pair in
            pair.withMemoryRebound(to: timespec.self, capacity: 2) { _ = futimens(target, $0) }
        }
    }

    private func own(_ status: stat, _ give: (uid_t, gid_t) -> Int32) throws(DriverError) {
        guard geteuid() == 0 else { return }
        let owner = user.map { status.st_uid == $0.from ? $0.to : status.st_uid } ?? status.st_uid
        let group = user.map { status.st_gid == $0.from ? $0.to : status.st_gid } ?? status.st_gid
        guard give(owner, group) == 0 else { throw .system("cannot give a file to its owner") }
    }

    private static func isWhiteout(_ status: stat) -> Bool { status.format == S_IFCHR && status.st_rdev == 0 }
}

private struct FileKey: Hashable {
    var device: UInt64
    var inode: UInt64
}
