import Glibc

/// A service's log: appended to while the service runs, bounded each time it starts.
package struct LogFile: Sendable {
    package let path: String
    /// Beyond this a start sets the log aside, as the one older log that is kept.
    package static let limit = 8 * 1024 * 1024

    package init(_ path: String) {
        self.path = path
    }

    package func rotate(limit: Int = Self.limit) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > limit else { return }
        rename(path, path + ".1")
    }

    /// The last lines, for the message of a failed start.
    package func tail(_ lines: Int = 8) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let window = 8192
        let size = lseek(descriptor, 0, SEEK_END)
        lseek(descriptor, max(0, size - off_t(window)), SEEK_SET)
        var buffer = [UInt8](repeating: 0, count: window)
        let count = max(0, read(descriptor, &buffer, window))
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        return text.split(separator: "\n").suffix(lines).map { "    \($0)" }.joined(separator: "\n")
    }
}
