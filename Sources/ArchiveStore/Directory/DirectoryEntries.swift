import Glibc

/// The entries of one directory, read as they are asked for.
///
/// Unchecked because it is a pointer: glibc locks a directory stream for each call, and its one reader uses a name before
/// it asks for the next.
final class DirectoryEntries: @unchecked Sendable {
    private let stream: OpaquePointer

    /// Nil when the directory cannot be opened; `errno` says why.
    init?(_ path: String) {
        guard let stream = opendir(path) else { return nil }
        self.stream = stream
    }

    deinit {
        closedir(stream)
    }

    /// The next name except `.` and `..`.
    func next() -> String? {
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { return name }
        }
        return nil
    }
}
