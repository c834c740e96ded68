import Glibc

/// Small files, read and replaced whole.
package enum TextFile {
    /// The contents; nil when the file cannot be read.
    package static func read(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { return result }
            result += buffer[..<count]
        }
    }

    /// Replaces the file in one step, so that a reader finds the old or the new contents; mode 0600.
    package static func replace(_ path: String, with text: String) throws(FleetError) {
        try replace(path, with: Array(text.utf8))
    }

    static func replace(_ path: String, with bytes: [UInt8], owner: Account? = nil) throws(FleetError) {
        let fresh = path + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", fresh) }
        defer { close(descriptor) }
        if let owner, fchown(descriptor, owner.user, owner.group) < 0 { throw failure("change the owner of", fresh) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", fresh) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0, rename(fresh, path) == 0 else { throw failure("replace", path) }
    }

    private static func failure(_ verb: String, _ path: String) -> FleetError {
        let code: FleetError.Code = errno == EACCES || errno == EPERM ? .notPermitted : .data
        return FleetError(code, "Cannot \(verb) \(path): \(lastSystemError()).")
    }
}

extension String {
    /// Without white space at both ends.
    package var trimmed: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
