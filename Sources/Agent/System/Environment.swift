import Glibc

/// The agent's own environment.
enum Environment {
    static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// A program on the path.
    static func find(_ program: String) -> String? {
        (value("PATH") ?? defaultPath).split(separator: ":").map { "\($0)/\(program)" }.first(where: isRunnable)
    }

    static func isRunnable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// The path of the program that is running now.
    static var executable: String { LocalFile.realPath("/proc/self/exe") ?? CommandLine.arguments[0] }
}
