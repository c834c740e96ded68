import Glibc

/// One file of a spool, which is removed with its last reference.
///
/// There may be many, so it is open only while it is used.
final class SpoolSegment {
    private static let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW

    /// Offset of its first byte in the stream.
    let start: UInt64
    private(set) var count = 0

    private let spool: Spool
    private let name: String

    init(start: UInt64, in spool: Spool) throws(SystemError) {
        self.start = start
        self.spool = spool
        name = spool.nextName()
        _ = try Descriptor(owning: openat(spool.directory.number, name, Self.flags | O_CREAT | O_EXCL, 0o600))
    }

    deinit {
        unlinkat(spool.directory.number, name, 0)
        spool.removed(count)
    }

    var end: UInt64 { start + UInt64(count) }

    /// How much more it takes.
    var room: Int { spool.room(for: spool.segmentLimit - count) }

    /// Returns how many bytes it has taken, at least one.
    func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        let file = try open()
        let position = off_t(count)
        let taken = try retrying { pwrite(file.number, bytes.baseAddress, bytes.count, position) }
        guard taken > 0 else { throw SystemError(code: ENOSPC) }
        count += taken
        spool.added(taken)
        return taken
    }

    /// Reads from an offset that it holds; never nothing.
    func read(from offset: UInt64, limit: Int) throws(SystemError) -> ArraySlice<UInt8> {
        let file = try open()
        let position = off_t(offset - start)
        var bytes = [UInt8](repeating: 0, count: min(limit, Int(end - offset)))
        let read = try retrying { pread(file.number, &bytes, bytes.count, position) }
        // Somebody has cut it short.
        guard read > 0 else { throw SystemError(code: EIO) }
        return bytes[..<read]
    }

    private func open() throws(SystemError) -> Descriptor {
        try Descriptor(owning: openat(spool.directory.number, name, Self.flags))
    }
}
