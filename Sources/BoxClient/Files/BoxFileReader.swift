package import ExecutionEngine
import Glibc
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// An open file of a box.
///
/// Its bytes are read by this process, not through the box's socket.
package final class BoxFileReader: Sendable {
    package let info: BoxFileInfo
    package let descriptor: Descriptor
    private let threads: NIOThreadPool
    private let position = NIOLockedValueBox<UInt64>(0)

    init(info: BoxFileInfo, descriptor: Descriptor, threads: NIOThreadPool) {
        self.info = info
        self.descriptor = descriptor
        self.threads = threads
    }

    /// The next bytes, nil at the end.
    ///
    /// One reader at a time.
    package func next(upTo limit: Int = 256 << 10) async throws -> ByteBuffer? {
        let offset = position.withLockedValue { $0 }
        let buffer = try await read(at: offset, upTo: limit)
        position.withLockedValue { $0 += UInt64(buffer.readableBytes) }
        return buffer.readableBytes > 0 ? buffer : nil
    }

    /// Up to `limit` bytes from an offset on; none behind the end.
    package func read(at offset: UInt64, upTo limit: Int) async throws -> ByteBuffer {
        try await threads.runIfActive { [descriptor] in
            var buffer = ByteBufferAllocator().buffer(capacity: limit)
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { bytes in
                try transfer(bytes.prefix(limit).count) { done in
                    pread(descriptor.number, bytes.baseAddress.map { $0 + done }, limit - done, off_t(offset) + done)
                }
            }
            return buffer
        }
    }
}

/// Repeats a read or a write until `count` bytes are done or it does no more.
func transfer(_ count: Int, _ call: (_ done: Int) -> Int) throws -> Int {
    var done = 0
    while done < count {
        let result = call(done)
        if result < 0, errno == EINTR {
            continue
        }
        guard result >= 0 else { throw BoxError(SystemError.current) }
        if result == 0 {
            break
        }
        done += result
    }
    return done
}
