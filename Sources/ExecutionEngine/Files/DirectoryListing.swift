import Glibc

/// An open directory, read in pages.
package final class DirectoryListing {
    /// About how many bytes the entries of a page take at most.
    private static let pageLength = 256 << 10

    private let directory: OpenDirectory

    package init(_ path: FilePath) throws(SystemError) {
        directory = try OpenDirectory(path.open(OpenDirectory.flags))
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
