import Glibc

/// What lies at a path on this machine.
struct LocalFile {
    let size: Int
    let mode: Int
    /// What it is, when it is neither a file nor a directory: copying would hang or do harm.
    let special: String?
    let isDirectory: Bool

    /// Looks at a path, following links; nil where nothing is.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        size = Int(status.st_size)
        mode = Int(status.st_mode & 0o7777)
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        special = Self.specials[status.st_mode & S_IFMT]
    }

    private static let specials: [mode_t: String] = [
        S_IFIFO: "a pipe", S_IFCHR: "a device", S_IFBLK: "a device", S_IFSOCK: "a socket",
    ]

    static func open(_ path: String, _ flags: Int32, mode: Int = 0o666) throws -> BlockingDescriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, mode_t(mode))
        guard number >= 0 else { throw Failure.system("cannot open \(path)") }
        return BlockingDescriptor(number)
    }

    static func makeDirectory(_ path: String) throws {
        guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
        throw Failure.system("cannot make the directory \(path)")
    }
}
