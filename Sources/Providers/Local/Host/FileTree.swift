import Glibc
import ProviderKit

/// Whole directory trees.
enum FileTree {
    /// Removes a tree, whatever the modes of its directories; what is not there is removed already.
    ///
    /// Symlinks are removed, never followed. Names are resolved below descriptors, so nobody can redirect the removal.
    static func remove(_ path: String) throws(DriverError) {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw .system("cannot open a directory")
        }
        defer { close(descriptor) }
        try remove(Array(String(lastComponent(path)).utf8CString), in: descriptor)
    }

    static func remove(_ name: [CChar], in parent: Int32) throws(DriverError) {
        if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .system("cannot remove a file") }
        if unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
        if Subvolume.destroy(name, in: parent) { return }
        var descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0, errno == EACCES, fchmodat(parent, name, 0o700, 0) == 0 {
            descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw .system("cannot open a directory") }
        // An overlay's work directory has mode 0, and so may any directory that a box has made.
        fchmod(descriptor, 0o700)
        defer { close(descriptor) }
        for entry in try entries(of: descriptor) { try remove(entry, in: descriptor) }
        guard unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw .system("cannot remove a directory")
        }
    }

    /// The names in a directory, as the bytes that they are: a box's files may have any.
    ///
    /// The descriptor stays open.
    static func entries(of descriptor: Int32) throws(DriverError) -> [[CChar]] {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0, let directory = fdopendir(copy) else {
            if copy >= 0 { close(copy) }
            throw .system("cannot list a directory")
        }
        defer { closedir(directory) }
        rewinddir(directory)
        var names: [[CChar]] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { bytes in
                    Array(UnsafeBufferPointer(start: bytes, count: strlen(bytes) + 1))
                }
            }
            if name != [46, 0], name != [46, 46, 0] { names.append(name) }
        }
        return names
    }

    /// Copies directories, regular files and symlinks into `target`, merging with what is there.
    ///
    /// An entry is copied if `isWanted` says so of its status; a directory not wanted is not entered.
    static func copy(
        _ source: String,
        to target: String,
        where isWanted: (stat) -> Bool = { _ in true }
    ) throws(DriverError) {
        guard let status = HostFile.status(source), isWanted(status) else { return }
        switch status.format {
        case S_IFDIR:
            try HostFile.makeDirectory(target, mode: 0o755)
            for name in try HostFile.names(in: source) ?? [] {
                try copy("\(source)/\(name)", to: "\(target)/\(name)", where: isWanted)
            }
        case S_IFLNK:
            guard let link = HostFile.linkTarget(source) else { throw .system("cannot read a symlink") }
            unlink(target)
            guard symlink(link, target) == 0 else { throw .system("cannot make a symlink") }
            lchown(target, status.st_uid, status.st_gid)
            return
        case S_IFREG:
            try copyFile(source, to: target)
        default:
            return
        }
        // Giving a file away needs root; without it everything belongs to the caller.
        chown(target, status.st_uid, status.st_gid)
        guard chmod(target, status.st_mode & 0o1777) == 0 else { throw .system("cannot set a mode") }
    }

    private static func copyFile(_ source: String, to target: String) throws(DriverError) {
        let from = try HostDescriptor(opening: source, O_RDONLY)
        unlink(target)
        let into = try HostDescriptor(opening: target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(from.rawValue, &buffer, buffer.count)
            guard count >= 0 else { throw .system("cannot copy a file") }
            guard count > 0 else { return }
            guard write(into.rawValue, buffer, count) == count else { throw .system("cannot copy a file") }
        }
    }
}
