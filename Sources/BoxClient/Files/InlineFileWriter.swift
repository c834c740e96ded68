import BoxProtocol
import NIOConcurrencyHelpers
package import NIOCore

/// A file of a box on another machine that is being written beside its place.
///
/// Nobody sees it before ``commit(mode:)``; when the last reference goes uncommitted, the file is discarded.
package final class InlineFileWriter: Sendable {
    /// How many chunks are on their way at most.
    private static let depth = 8

    private struct State {
        var pending: [Task<Void, any Error>] = []
        var size: UInt64 = 0
        var isSettled = false
    }

    private let connection: BoxConnection
    private let handle: UInt32
    private let state = NIOLockedValueBox(State())

    init(handle: UInt32, connection: BoxConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit {
        discard()
    }

    /// Appends bytes; returns when there is room for more, so that a failure may show only at the next call.
    ///
    /// One writer at a time.
    package func write(_ bytes: ByteBuffer) async throws {
        var bytes = bytes
        while let chunk = bytes.readBytes(length: min(Frame.contentsChunk, bytes.readableBytes)), !chunk.isEmpty {
            let oldest = state.withLockedValue { state -> Task<Void, any Error>? in
                let message = WriteContentsMessage(handle: handle, offset: state.size, bytes: chunk)
                state.size += UInt64(chunk.count)
                state.pending.append(Task { [connection] in try await connection.perform(.writeContents, message) })
                return state.pending.count > Self.depth ? state.pending.removeFirst() : nil
            }
            try await oldest?.value
        }
    }

    /// Puts the file in its place, if the box counts the same number of bytes.
    ///
    /// Without a `mode` the file keeps that of the one it replaces.
    package func commit(mode: UInt32? = nil) async throws -> BoxFileInfo {
        let (pending, size) = state.withLockedValue { state in
            defer { state.pending = [] }
            return (state.pending, state.size)
        }
        for task in pending { try await task.value }
        state.withLockedValue { $0.isSettled = true }
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
