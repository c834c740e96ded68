import NIOConcurrencyHelpers
import NIOCore
import NIOWebSocket

/// The client's end of a WebSocket (RFC 6455).
///
/// One task receives at a time, which answers the peer's pings too; any number send. A peer that is faster than its reader
/// is slowed. Letting go of it closes the connection.
package final class WebSocket: Sendable {
    private struct State {
        var parser: WebSocketParser
        var isReceiving = false
        var hasSentClose = false
        var closure: WebSocketClosure?
        /// Why nothing more comes, when it is not the connection that says so.
        var failure: WebSocketError?
        /// Counts what has arrived, so that a keeper sees whether anything did.
        var arrivals: UInt64 = 0
    }

    /// What the server has taken of those that were offered.
    package let subprotocol: String?
    /// Of the answer to the upgrade.
    package let headers: HTTPTransportHeaders
    private let stream: UpgradedStream
    private let frameLimit: Int
    private let state: NIOLockedValueBox<State>

    init(_ stream: UpgradedStream, options: WebSocketOptions, subprotocol: String?, headers: HTTPTransportHeaders) {
        self.stream = stream
        self.subprotocol = subprotocol
        self.headers = headers
        frameLimit = max(1, options.frameLimit)
        state = NIOLockedValueBox(State(parser: WebSocketParser(limit: options.messageLimit)))
    }

    /// How the peer has closed it; nil while it has not.
    package var closure: WebSocketClosure? { state.withLockedValue { $0.closure } }

    /// Whoever sends now waits for room.
    var isFull: Bool { stream.isFull }

    /// The next message; nil once the peer has closed it, for reasons that `closure` tells.
    ///
    /// Cancelling it loses no message.
    package func receive() async throws -> WebSocketMessage? {
        let isFirst = state.withLockedValue { state in
            defer { state.isReceiving = true }
            return !state.isReceiving
        }
        guard isFirst else { throw WebSocketError(.protocolViolation, "two tasks receive from one WebSocket") }
        defer { state.withLockedValue { $0.isReceiving = false } }
        while true {
            if let event = try await nextEvent() {
                switch event {
                case .message(let message): return message
                case .ping(let payload): try await answer(payload)
                case .pong: break
                case .close(let closure):
                    await close(after: closure)
                    return nil
                }
            } else if closure != nil {
                return nil
            } else {
                try await readMore()
            }
        }
    }

    /// Sends a message, in frames of at most the limit; returns when there is room for more.
    package func send(_ message: WebSocketMessage) async throws {
        var (opcode, rest): (WebSocketOpcode, ByteBuffer) =
            switch message {
            case .text(let text): (.text, ByteBuffer(string: text))
            case .binary(let bytes): (.binary, bytes)
            }
        guard rest.readableBytes > frameLimit else { return try await write(frame(opcode, rest)) }
        // Queued together: nobody's messages come between its pieces, and pings do.
        var frames: [ByteBuffer] = []
        while rest.readableBytes > 0 {
            let piece = rest.readSlice(length: min(frameLimit, rest.readableBytes)) ?? ByteBuffer()
            frames.append(frame(opcode, piece, isFinal: rest.readableBytes == 0))
            opcode = .continuation
        }
        try requireOpen()
        try await stream.write(frames)
    }

    /// Goes before messages that wait.
    package func ping() async throws {
        try requireOpen()
        try await stream.urge(frame(.ping, ByteBuffer()))
    }

    /// Goes before messages that wait; after our own close nothing is answered.
    private func answer(_ payload: ByteBuffer) async throws {
        guard !state.withLockedValue({ $0.hasSentClose }) else { return }
        try await stream.urge(frame(.pong, payload))
    }

    /// Says goodbye, and waits for the peer's goodbye at most so long; then the connection is closed.
    ///
    /// Messages that are still on their way are dropped, unless another task receives them.
    package func close(
        code: UInt16 = 1000,
        reason: String = "",
        within limit: Duration = .seconds(5),
        clock: some Clock<Duration> = ContinuousClock()
    ) async {
        let (isFirst, isReceiving) = state.withLockedValue { state in
            defer { state.hasSentClose = true }
            return (!state.hasSentClose, state.isReceiving)
        }
        await bounded(by: limit, clock) { [self] in
            if isFirst { try await stream.write(WebSocketFrameWriter.close(code, reason)) }
            try await stream.flush()
            // Who receives meanwhile gets the goodbye, and closes the connection after it.
            guard !isReceiving else { return await stream.waitUntilClosed() }
            while try await receive() != nil {}
        }
        stream.close()
    }

    /// Asks the peer whenever nothing came for a while, until cancelled; run it beside whoever receives.
    ///
    /// A peer that owes an answer for longer is given up: `receive` then throws `timeout`. While nobody receives, nothing is
    /// judged.
    package func keepAlive(
        every interval: Duration,
        answerWithin limit: Duration,
        clock: some Clock<Duration> = ContinuousClock()
    ) async throws {
        while true {
            let before = state.withLockedValue { $0.arrivals }
            try await clock.sleep(for: interval)
            guard state.withLockedValue({ $0.isReceiving && $0.arrivals == before }) else { continue }
            // A peer that takes nothing lets nobody wait for longer than one that says nothing.
            await bounded(by: limit, clock) { [self] in try await ping() }
            try await clock.sleep(for: limit)
            let isSilent = state.withLockedValue { state in
                guard state.isReceiving, state.arrivals == before else { return false }
                state.failure = WebSocketError(.timeout, "the peer did not answer a ping")
                return true
            }
            guard isSilent else { continue }
            stream.close()
            throw WebSocketError(.timeout, "the peer did not answer a ping")
        }
    }

    private func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, isFinal: Bool = true) -> ByteBuffer {
        WebSocketFrameWriter.frame(opcode, payload, isFinal: isFinal)
    }

    private func write(_ bytes: ByteBuffer) async throws {
        try requireOpen()
        try await stream.write(bytes)
    }

    private func requireOpen() throws(WebSocketError) {
        guard !state.withLockedValue({ $0.hasSentClose }) else {
            throw WebSocketError(.closed, "the WebSocket was closed on this side")
        }
    }

    private func nextEvent() async throws -> WebSocketParser.Event? {
        do {
            return try state.withLockedValue { state in
                // After a close frame nothing counts.
                guard state.closure == nil else { return nil }
                return try state.parser.next()
            }
        } catch let error as WebSocketError {
            // Tells the peer why, if it still listens, and leaves.
            await goodbye(error.code == .messageTooLarge ? 1009 : 1002, error.message)
            throw error
        }
    }

    private func readMore() async throws {
        let bytes: ByteBuffer?
        do {
            bytes = try await stream.read()
        } catch {
            throw state.withLockedValue { $0.failure } ?? error
        }
        guard let bytes else {
            throw state.withLockedValue { $0.failure }
                ?? WebSocketError(.connectionLost, "the connection ended without a close frame")
        }
        state.withLockedValue { state in
            state.arrivals += 1
            state.parser.feed(bytes)
        }
    }

    /// The peer has closed it.
    private func close(after closure: WebSocketClosure) async {
        state.withLockedValue { $0.closure = closure }
        await goodbye(closure.code, "")
    }

    private func goodbye(_ code: UInt16, _ reason: String) async {
        let isFirst = state.withLockedValue { state in
            defer { state.hasSentClose = true }
            return !state.hasSentClose
        }
        if isFirst {
            await bounded(by: .seconds(1), ContinuousClock()) { [self] in
                // Who has said goodbye reads nothing more but the answer.
                try await stream.finish(WebSocketFrameWriter.close(code, reason))
                try await stream.flush()
            }
        }
        stream.close()
    }

    /// A part of saying goodbye: when it fails, or takes too long, the connection is closed without it.
    private func bounded(
        by limit: Duration,
        _ clock: some Clock<Duration>,
        _ body: @escaping @Sendable () async throws -> Void
    ) async {
        await withTaskGroup { group in
            group.addTask { try? await body() }
            group.addTask { try? await clock.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
