import ExecutionEngine
import Glibc
import ProviderKit

/// Small files of the host, read and written whole.
enum HostFile {
    /// The file's bytes; nil when it does not exist.
    static func read(_ path: String, limit: Int = 1 << 20) throws(DriverError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == ESRCH { return nil }
            throw .system("cannot read \(lastComponent(path))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            // A process that ends while its files are read.
            if count < 0, errno == ESRCH { return nil }
            guard count >= 0 else { throw .system("cannot read \(lastComponent(path))") }
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return bytes
    }

    static func text(_ path: String) throws(DriverError) -> String? {
        try read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Replaces a file in one step: readers see the old bytes or the new ones.
    ///
    /// What is `lasting` outlives a loss of power, with all that was renamed before it in the same file system.
    static func replace(
        _ path: String,
        with bytes: some Collection<UInt8>,
        mode: mode_t = 0o600,
        lasting: Bool = false
    ) throws(DriverError) {
        let temporary = "\(path).new"
        try write(temporary, bytes, flags: O_CREAT | O_TRUNC, mode: mode)
        if lasting { try synchronize(temporary) }
        guard rename(temporary, path) == 0 else { throw .system("cannot replace \(lastComponent(path))") }
        if lasting, let slash = path.lastIndex(of: "/") { try synchronize(String(path[..<slash])) }
    }

    private static func synchronize(_ path: String) throws(DriverError) {
        let descriptor = try HostDescriptor(opening: path, O_RDONLY)
        guard fsync(descriptor.rawValue) == 0 else { throw .system("cannot make \(lastComponent(path)) lasting") }
    }

    /// Writes a file or a control of the kernel in one call.
    static func write(
        _ path: String,
        _ bytes: some Collection<UInt8>,
        flags: Int32 = 0,
        mode: mode_t = 0o600
    ) throws(DriverError) {
        let descriptor = try HostDescriptor(opening: path, O_WRONLY | flags, mode: mode)
        if flags & O_CREAT != 0, fchmod(descriptor.rawValue, mode) != 0 {
            throw .system("cannot set the mode of \(lastComponent(path))")
        }
        let array = Array(bytes)
        let count = Glibc.write(descriptor.rawValue, array, array.count)
        guard count == array.count else {
            throw .system("cannot write \(lastComponent(path))", count < 0 ? errno : ENOSPC)
        }
    }

    static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(DriverError) {
        if mkdir(path, mode) != 0 {
            guard errno == EEXIST else { throw .system("cannot make the directory \(lastComponent(path))") }
            return
        }
        try setMode(of: path, mode)
    }

    /// Whatever the umask took away of a mode is given back: boxes run as other users.
    private static func setMode(of path: String, _ mode: mode_t) throws(DriverError) {
        guard chmod(path, mode) == 0 else { throw .system("cannot set the mode of \(lastComponent(path))") }
    }

    /// Makes a directory and those that lead to it.
    static func makeDirectories(_ path: String, mode: mode_t = 0o700) throws(DriverError) {
        if mkdir(path, mode) == 0 { return try setMode(of: path, mode) }
        if errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .system("cannot make the directory \(lastComponent(path))")
        }
        try makeDirectories(String(path[..<slash]), mode: mode == 0o700 ? 0o755 : mode)
        try makeDirectory(path, mode: mode)
    }

    /// The names in a directory; nil when it does not exist.
    static func names(in path: String) throws(DriverError) -> [String]? {
        do {
            return try OpenDirectory(path: path).names()
        } catch {
            guard error.code != ENOENT else { return nil }
            throw .system("cannot list \(lastComponent(path))", error.code)
        }
    }

    /// What is at a path, symlinks not followed; nil when there is nothing.
    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let base = bytes.baseAddress else { return -1 }
            return readlink(path, base.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// The path without symlinks; nil when it does not exist.
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension stat {
    var format: mode_t { st_mode & S_IFMT }
    var isDirectory: Bool { format == S_IFDIR }
    var isSymlink: Bool { format == S_IFLNK }
    var isRegular: Bool { format == S_IFREG }
}
