package import NIOCore

/// What a path in a box is.
package struct FileInfo: Sendable, Hashable {
    package enum FileType: String, Sendable, Hashable {
        case file
        case directory
        case symlink
        case other
    }

    package var name: String
    package var type: FileType
    package var size: UInt64
    /// Permission bits.
    package var mode: UInt32
    /// Unix time in nanoseconds.
    package var modifiedAt: Int64
    /// Where a symlink points.
    package var target: String?

    package init(name: String, type: FileType, size: UInt64, mode: UInt32, modifiedAt: Int64, target: String? = nil) {
        self.name = name
        self.type = type
        self.size = size
        self.mode = mode
        self.modifiedAt = modifiedAt
        self.target = target
    }
}

/// Part of a directory, in the order of names.
package struct DirectoryPage: Sendable, Hashable {
    package var entries: [FileInfo]
    /// Where the next page goes on; nil at the end.
    package var nextCursor: String?

    package init(entries: [FileInfo], nextCursor: String?) {
        self.entries = entries
        self.nextCursor = nextCursor
    }
}

/// An open file, read in order.
package protocol BoxFileReader: Sendable {
    var info: FileInfo { get }
    /// The next bytes, at most `limit`; nil at the end.
    func next(limit: Int) async throws(DriverError) -> ByteBuffer?
    func close() async
}

/// A file being replaced.
package protocol BoxFileWriter: Sendable {
    func write(_ bytes: ByteBuffer) async throws(DriverError)
    /// Makes the bytes visible under the path, all at once, after their number was read back.
    func commit() async throws(DriverError) -> FileInfo
    /// Forgets everything that was written.
    func discard() async
}
