import Glibc

/// An open directory, read in pages.
package final class DirectoryListing {
    /// About how many bytes the entries of a page take at most.
    private static let pageLength = 256 << 10

    private let directory: OpenDirectory

    package init(_ path: FilePath) throws(SystemError) {
        directory = try OpenDirectory(descriptor: open(path.string, OpenDirectory.flags))
    }

    /// False once ``next(limit:)`` has met the end.
    package private(set) var hasMore = true

    /// The next entries, as many as wanted, and fewer when their names are long.
    ///
    /// What disappears meanwhile is left out.
    package func next(limit: Int) throws(SystemError) -> [FileStatus] {
        var entries: [FileStatus] = []
        var length = 0
        while entries.count < limit, length < Self.pageLength {
            guard let name = try directory.nextName() else {
                hasMore = false
                break
            }
            if let status = try? FileStatus(name: name, directory: directory.number, followingLinks: false) {
                length += 64 + status.name.utf8.count + (status.target?.utf8.count ?? 0)
                entries.append(status)
            }
        }
        return entries
    }
}

/// A directory stream that closes itself.
final class OpenDirectory {
    static let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

    private let stream: OpaquePointer
    let number: Int32

    /// Takes over a descriptor that a call has returned.
    init(descriptor: Int32) throws(SystemError) {
        guard descriptor >= 0 else { throw .current }
        guard let stream = fdopendir(descriptor) else {
            let error = SystemError.current
            close(descriptor)
            throw error
        }
        self.stream = stream
        number = descriptor
    }

    deinit {
        closedir(stream)
    }

    func nextName() throws(SystemError) -> String? {
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
}
