import BoxProtocol
package import NIOCore

/// How far a process's input has got.
package struct BoxInput: Hashable, Sendable {
    /// All bytes that the box has taken since the start, whoever sent them.
    package var offset: UInt64
    /// No more are taken: somebody ended it, or the process has closed it.
    package var hasEnded: Bool

    init(_ position: InputPosition) {
        offset = position.offset
        hasEnded = position.hasEnded
    }
}

extension BoxProcess {
    /// Appends to the process's input.
    ///
    /// Waits while the box has no room, which it has again when the process reads.
    ///
    /// - Parameters:
    ///   - offset: Where the bytes begin; what was taken before is skipped. Nil is behind whatever was taken last.
    ///   - isLast: The process reads the end after these bytes.
    ///   - limit: How long to wait for room; nil waits as long as the process runs.
    /// - Returns: How far the input is, and how many of these bytes are in.
    @discardableResult
    package func append(
        _ bytes: ByteBuffer,
        at offset: UInt64? = nil,
        isLast: Bool = false,
        within limit: Duration? = nil
    ) async throws -> (input: BoxInput, taken: Int) {
        let deadline = limit.map { ContinuousClock.now + $0 }
        var rest = bytes
        var next = offset
        while true {
            // Counted before the question: room that comes after the answer counts on.
            let seen = inbox.roomCount
            let count = min(rest.readableBytes, Frame.inputChunk)
            let message = InputMessage(
                stream: stream,
                offset: next,
                isLast: isLast && count == rest.readableBytes,
                bytes: rest.getBytes(at: rest.readerIndex, length: count) ?? []
            )
            guard case .inputState(let state) = try await connection.channel.request(.input, message),
                state.taken <= count
            else { throw connection.violation() }
            rest.moveReaderIndex(forwardBy: Int(state.taken))
            next = next.map { $0 + UInt64(state.taken) }
            let hasRoom = try await proceeds(state, of: count, after: seen, until: deadline)
            guard rest.readableBytes > 0, hasRoom else {
                return (BoxInput(state.position), bytes.readableBytes - rest.readableBytes)
            }
        }
    }

    /// Whether there is room for more, now or by the deadline.
    private func proceeds(
        _ state: InputStateMessage,
        of count: Int,
        after seen: UInt64,
        until deadline: ContinuousClock.Instant?
    ) async throws -> Bool {
        if state.taken == count { return true }
        if state.position.hasEnded { return false }
        return try await inbox.waitForRoom(after: seen, until: deadline, on: connection.channel.loop)
    }
}
