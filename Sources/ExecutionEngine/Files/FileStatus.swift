import Glibc

/// What is known about one file.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Sendable {
        case regular
        case directory
        case symbolicLink
        case other
    }

    package var name: String
    package var kind: Kind
    package var size: UInt64
    /// Permission bits.
    package var mode: UInt32
    /// Since 1970.
    package var modifiedNanoseconds: Int64
    /// Where a symbolic link points.
    package var target: String?

    package init(of path: FilePath, followingLinks: Bool) throws(SystemError) {
        try self.init(of: path.open(followingLinks ? FilePath.handle : FilePath.handle | O_NOFOLLOW))
    }

    package init(of descriptor: Descriptor) throws(SystemError) {
        var information = stat()
        guard fstat(descriptor.number, &information) == 0 else { throw .current }
        self.init(name: "", information)
        if kind == .symbolicLink {
            target = Self.target(of: "", directory: descriptor.number)
        }
    }

    /// A name as it is seen from an open directory.
    init(name: String, directory: Int32, followingLinks: Bool) throws(SystemError) {
        var information = stat()
        guard fstatat(directory, name, &information, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .current
        }
        self.init(name: name, information)
        if kind == .symbolicLink {
            target = Self.target(of: name, directory: directory)
        }
    }

    private init(name: String, _ information: stat) {
        self.name = name
        kind =
            switch information.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        size = UInt64(information.st_size)
        mode = information.st_mode & 0o7777
        modifiedNanoseconds = Int64(information.st_mtim.tv_sec) * 1_000_000_000 + Int64(information.st_mtim.tv_nsec)
    }

    private static func target(of name: String, directory: Int32) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(directory, name, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
