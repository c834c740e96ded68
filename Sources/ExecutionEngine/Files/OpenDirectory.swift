import Glibc

/// A directory stream that closes itself.
package final class OpenDirectory {
    static let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

    private let stream: OpaquePointer
    let number: Int32

    package convenience init(path: String) throws(SystemError) {
        try self.init(number: open(path, Self.flags))
    }

    /// Reads a directory that somebody else holds, from its beginning.
    convenience init(_ directory: Descriptor) throws(SystemError) {
        try self.init(number: openat(directory.number, ".", Self.flags))
    }

    /// Takes over a descriptor that a call has returned.
    init(number: Int32) throws(SystemError) {
        guard number >= 0 else { throw .current }
        guard let stream = fdopendir(number) else {
            let error = SystemError.current
            close(number)
            throw error
        }
        self.stream = stream
        self.number = number
    }

    deinit {
        closedir(stream)
    }

    /// Nil at the end; neither the directory itself nor the one above it.
    package func nextName() throws(SystemError) -> String? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .current }
                return nil
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." {
                return name
            }
        }
    }

    /// All names that are left.
    package func names() throws(SystemError) -> [String] {
        var names: [String] = []
        while let name = try nextName() {
            names.append(name)
        }
        return names
    }
}
