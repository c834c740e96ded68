import BoxProtocol
import NIOConcurrencyHelpers
package import NIOCore

/// An open file of a box on another machine: its bytes come through the connection.
///
/// Some chunks are asked for ahead, so that the way there and back is not waited for between them.
package final class InlineFileReader: Sendable {
    /// How many chunks are on their way at most.
    private static let depth = 8

    private struct State {
        /// In the order of their offsets.
        var pending: [Task<[UInt8], any Error>] = []
        var nextOffset: UInt64 = 0
        var rest = ByteBuffer()
        var hasEnded = false
        /// A chunk is missing: what comes behind it must not be taken for it.
        var isBroken = false
    }

    package let info: BoxFileInfo
    private let connection: BoxConnection
    private let handle: UInt32
    private let state = NIOLockedValueBox(State())

    init(info: BoxFileInfo, handle: UInt32, connection: BoxConnection) {
        self.info = info
        self.handle = handle
        self.connection = connection
    }

    deinit {
        for task in state.withLockedValue({ $0.pending }) { task.cancel() }
        connection.channel.send(.discard, HandleMessage(handle: handle))
    }

    /// The next bytes, nil at the end.
    ///
    /// One reader at a time.
    package func next(upTo limit: Int = Frame.contentsChunk) async throws -> ByteBuffer? {
        guard !state.withLockedValue(\.isBroken) else { throw BoxError(.noSuchHandle) }
        if let bytes = state.withLockedValue({ $0.rest.readSlice(length: min(limit, $0.rest.readableBytes)) }),
            bytes.readableBytes > 0
        {
            return bytes
        }
        guard let task = state.withLockedValue({ takeNext(&$0) }) else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            state.withLockedValue { $0.isBroken = true }
            throw error
        }
        guard !bytes.isEmpty else {
            state.withLockedValue { $0.hasEnded = true }
            return nil
        }
        return state.withLockedValue { state in
            // A short chunk is the end, or the file has changed: what was asked for behind it starts at a wrong place.
            if bytes.count < Frame.contentsChunk { shorten(&state, behind: bytes.count) }
            state.rest = ByteBuffer(bytes: bytes)
            return state.rest.readSlice(length: min(limit, bytes.count))
        }
    }

    private func takeNext(_ state: inout State) -> Task<[UInt8], any Error>? {
        guard !state.hasEnded else { return nil }
        // What is known of the file's size spares questions behind its end.
        while state.pending.isEmpty || (state.pending.count < Self.depth && state.nextOffset < info.size) {
            let message = ReadContentsMessage(
                handle: handle,
                offset: state.nextOffset,
                limit: UInt32(Frame.contentsChunk)
            )
            state.pending.append(Task { [connection] in try await connection.contents(message) })
            state.nextOffset += UInt64(Frame.contentsChunk)
        }
        return state.pending.removeFirst()
    }

    private func shorten(_ state: inout State, behind count: Int) {
        let outstanding = UInt64(state.pending.count) + 1
        let start = state.nextOffset - outstanding * UInt64(Frame.contentsChunk)
        for task in state.pending { task.cancel() }
        state.pending = []
        state.nextOffset = start + UInt64(count)
    }
}
