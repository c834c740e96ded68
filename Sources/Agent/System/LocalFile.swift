import ExecutionEngine
import Glibc

/// Small files, read and written whole.
enum LocalFile {
    /// Nil when it does not exist or cannot be read.
    static func read(_ path: String, limit: Int = 4 << 20) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return bytes
    }

    static func text(_ path: String) -> String? {
        read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func line(_ path: String) -> String? {
        text(path)?.split(separator: "\n").first.map(String.init)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Replaces a file in one step and for good: a loss of power leaves the old bytes or the new ones.
    static func replace(_ path: String, with text: String, mode: mode_t = 0o600) throws(AgentError) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw .system("Cannot write \(temporary)") }
        defer { close(descriptor) }
        guard writeAll(descriptor, Array(text.utf8)), fchmod(descriptor, mode) == 0, fsync(descriptor) == 0,
            rename(temporary, path) == 0
        else { throw .system("Cannot write \(path)") }
        let folder = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .system("Cannot write \(path)") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .system("Cannot write \(path)") }
    }

    /// Adds to the end of a file.
    static func append(_ path: String, _ text: String) throws(AgentError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("Cannot write \(path)") }
        defer { close(descriptor) }
        guard writeAll(descriptor, Array(text.utf8)) else { throw .system("Cannot write \(path)") }
    }

    static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }

    /// Makes a directory that only its owner enters unless `mode` says otherwise, and those that lead to it.
    static func makeDirectories(_ path: String, mode: mode_t = 0o700) throws(AgentError) {
        if try makeDirectory(path, mode) { return }
        guard errno == ENOENT, path.count > 1 else { throw .system("Cannot make the directory \(path)") }
        try makeDirectories(parent(of: path), mode: 0o755)
        guard try makeDirectory(path, mode) else { throw .system("Cannot make the directory \(path)") }
    }

    /// Returns whether it is there; `errno` says why not.
    private static func makeDirectory(_ path: String, _ mode: mode_t) throws(AgentError) -> Bool {
        guard mkdir(path, mode) == 0 else { return errno == EEXIST }
        // Programs of another account pass through root's directories, whatever root's umask is. The rest is left to it.
        let passing = Account.isRoot ? mode & 0o011 : 0
        guard passing != 0 else { return true }
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard directory >= 0 else { throw .system("Cannot enter \(path)") }
        defer { close(directory) }
        var status = stat()
        guard fstat(directory, &status) == 0, fchmod(directory, status.st_mode & 0o7777 | passing) == 0 else {
            throw .system("Cannot set the mode of \(path)")
        }
        return true
    }

    /// Empty when there is no such directory, or it cannot be read.
    static func names(in path: String) -> [String] {
        (try? OpenDirectory(path: path).names()) ?? []
    }

    /// Removes a file, or a directory with what is in it; links are removed, and followed by nobody, whatever is moved meanwhile.
    static func removeTree(_ path: String) throws(AgentError) {
        do throws(SystemError) {
            let removal = TreeRemoval(try FilePath(path, workspace: "/"), recursive: true)
            while try !removal.step(entries: 1000) {}
        } catch {
            guard error.code != ENOENT else { return }
            throw .system("Cannot remove \(path)", error.code)
        }
    }

    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

extension AgentError {
    /// The call to the kernel that has just failed.
    static func system(_ message: String, _ code: Int32 = errno) -> AgentError {
        AgentError(.machine, "\(message): \(String(cString: strerror(code))).")
    }
}
