import Glibc
import NIOCore

/// An open file; closed when nobody has it any more.
final class ArchiveFile: Sendable {
    let descriptor: Int32
    let name: String

    /// - Parameter name: What messages call it.
    init(_ path: String, flags: Int32, name: String) throws(ArchiveError) {
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        self.name = name
        guard descriptor >= 0 else { throw .system("open", name) }
    }

    deinit {
        close(descriptor)
    }

    func status() throws(ArchiveError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("stat", name) }
        return status
    }

    func sync() throws(ArchiveError) {
        guard fsync(descriptor) == 0 else { throw .system("fsync", name) }
    }

    func write(_ bytes: ByteBuffer) throws(ArchiveError) {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            let count = bytes.withUnsafeReadableBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write", name) }
            bytes.moveReaderIndex(forwardBy: count)
        }
    }

    /// At most `limit` bytes from an offset on; none at the end.
    func read(at offset: Int64, limit: Int) throws(ArchiveError) -> ByteBuffer {
        var bytes = ByteBuffer()
        var failure: Int32 = 0
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { room in
            while true {
                let count = pread(descriptor, room.baseAddress, limit, off_t(offset))
                if count < 0, errno == EINTR { continue }
                failure = count < 0 ? errno : 0
                return max(0, count)
            }
        }
        guard failure == 0 else { throw .system("read", name, failure) }
        return bytes
    }
}
