import BoxProtocol
package import ExecutionEngine
import Glibc
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// A file of a box that is being written beside its place.
///
/// Nobody sees it before ``commit(mode:sync:)``.
///
/// When the last reference goes uncommitted, the file is discarded.
package final class BoxFileWriter: Sendable {
    package let descriptor: Descriptor
    private let connection: BoxConnection
    private let handle: UInt32
    private let state = NIOLockedValueBox(State())

    private struct State {
        var size: UInt64 = 0
        var isSettled = false
    }

    init(descriptor: Descriptor, handle: UInt32, connection: BoxConnection) {
        self.descriptor = descriptor
        self.handle = handle
        self.connection = connection
    }

    deinit {
        discard()
    }

    /// How many bytes have been written.
    package var size: UInt64 { state.withLockedValue { $0.size } }

    /// Appends bytes.
    ///
    /// One writer at a time.
    package func write(_ bytes: ByteBuffer) async throws {
        let offset = size
        let count = try await connection.channel.loop.fileThreads.runIfActive { [descriptor] in
            try bytes.withUnsafeReadableBytes { bytes in
                try transfer(bytes.count) { done in
                    let rest = bytes.count - done
                    return pwrite(descriptor.number, bytes.baseAddress.map { $0 + done }, rest, off_t(offset) + done)
                }
            }
        }
        state.withLockedValue { $0.size += UInt64(count) }
    }

    /// Puts the file in its place, if the box counts the same number of bytes.
    ///
    /// `size` says how many bytes somebody else wrote to ``descriptor``; nil when all came through ``write(_:)``.
    /// Without a `mode` the file keeps that of the one it replaces. With `sync` its contents are on disk before it is
    /// in its place.
    package func commit(size: UInt64? = nil, mode: UInt32? = nil, sync: Bool = false) async throws -> BoxFileInfo {
        if sync {
            try await connection.channel.loop.fileThreads.runIfActive { [descriptor] in
                guard fsync(descriptor.number) == 0 else { throw BoxError(SystemError.current) }
            }
        }
        let size = state.withLockedValue { state in
            state.isSettled = true
            return size ?? state.size
        }
        let message = CommitMessage(handle: handle, size: size, mode: mode)
        guard case .fileStatus(let status) = try await connection.channel.request(.commit, message) else {
            throw connection.violation()
        }
        return BoxFileInfo(status)
    }

    /// Leaves the place as it was.
    package func discard() {
        let isPending = state.withLockedValue { state in
            defer { state.isSettled = true }
            return !state.isSettled
        }
        if isPending {
            connection.channel.send(.discard, HandleMessage(handle: handle))
        }
    }
}
