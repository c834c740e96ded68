import Glibc

/// Programs on this machine.
package enum Executable {
    /// The path of the program that is running now.
    package static var current: String {
        guard let path = realpath("/proc/self/exe", nil) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The directory that a path lies in.
    package static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    package static func isRunnable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// The program on PATH, or in one of `folders`: an ordinary user's PATH lacks the sbin folders.
    package static func find(_ name: String, beside folders: [String] = []) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return (path.split(separator: ":").map(String.init) + folders).map { "\($0)/\(name)" }.first(where: isRunnable)
    }
}
