import NIOCore
import NIOWebSocket

/// Turns the bytes of a server into messages and control frames.
///
/// Pure. The payload of a message is gathered as it arrives; only unfinished heads and control frames wait.
struct WebSocketParser {
    enum Event {
        case message(WebSocketMessage)
        case ping(ByteBuffer)
        case pong
        case close(WebSocketClosure)
    }

    private struct Head {
        let opcode: WebSocketOpcode
        let isFinal: Bool
        let length: Int
    }

    private let limit: Int
    private var input = ByteBuffer()
    private var head: Head?
    /// Of the frame whose head was read.
    private var remaining = 0
    /// Of the message that has begun.
    private var kind: WebSocketOpcode?
    private var payload = ByteBuffer()

    init(limit: Int) {
        self.limit = limit
    }

    mutating func feed(_ bytes: ByteBuffer) {
        if input.readableBytes == 0 {
            input = bytes
        } else {
            // A fresh buffer: slices of the old one are in messages that were handed out.
            var joined = ByteBufferAllocator().buffer(capacity: input.readableBytes + bytes.readableBytes)
            joined.writeImmutableBuffer(input)
            joined.writeImmutableBuffer(bytes)
            input = joined
        }
    }

    /// The next event; nil until more bytes have come.
    mutating func next() throws(WebSocketError) -> Event? {
        while true {
            if head == nil {
                guard let next = try readHead() else { return nil }
                head = next
                remaining = next.length
            }
            guard let current = head else { return nil }
            if current.opcode.isControl {
                guard let body = input.readSlice(length: current.length) else { return nil }
                head = nil
                return try control(current.opcode, body)
            }
            take()
            guard remaining == 0 else { return nil }
            head = nil
            if current.isFinal { return .message(try message()) }
        }
    }

    private mutating func take() {
        let count = min(remaining, input.readableBytes)
        guard count > 0, var part = input.readSlice(length: count) else { return }
        remaining -= count
        if payload.readableBytes == 0 {
            payload = part
        } else {
            payload.writeBuffer(&part)
        }
    }

    private mutating func readHead() throws(WebSocketError) -> Head? {
        var bytes = input
        guard let first = bytes.readInteger(as: UInt8.self), let second = bytes.readInteger(as: UInt8.self) else {
            return nil
        }
        guard first & 0x70 == 0 else { throw WebSocketError(.protocolViolation, "a reserved bit is set") }
        guard second & 0x80 == 0 else { throw WebSocketError(.protocolViolation, "a server's frame is masked") }
        var length = UInt64(second & 0x7F)
        if length == 126 {
            guard let long = bytes.readInteger(as: UInt16.self) else { return nil }
            length = UInt64(long)
        } else if length == 127 {
            guard let long = bytes.readInteger(as: UInt64.self) else { return nil }
            length = long
        }
        guard let opcode = WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F) else { return nil }
        let isFinal = first & 0x80 != 0
        try check(opcode, isFinal: isFinal, length: length)
        input = bytes
        return Head(opcode: opcode, isFinal: isFinal, length: Int(length))
    }

    private mutating func check(
        _ opcode: WebSocketOpcode,
        isFinal: Bool,
        length: UInt64
    ) throws(WebSocketError) {
        switch opcode {
        case .connectionClose, .ping, .pong:
            guard isFinal, length <= 125 else {
                throw WebSocketError(.protocolViolation, "a control frame is too long or in pieces")
            }
            return
        case .text, .binary:
            guard kind == nil else { throw WebSocketError(.protocolViolation, "a message begins within another") }
            kind = opcode
        case .continuation:
            guard kind != nil else { throw WebSocketError(.protocolViolation, "a continuation of nothing") }
        default: throw WebSocketError(.protocolViolation, "an unknown kind of frame")
        }
        guard length <= UInt64(limit - payload.readableBytes) else {
            throw WebSocketError(.messageTooLarge, "a message exceeds \(limit) bytes")
        }
    }

    private mutating func message() throws(WebSocketError) -> WebSocketMessage {
        defer {
            kind = nil
            payload = ByteBuffer()
        }
        guard kind == .text else { return .binary(payload) }
        guard let text = String(validating: payload.readableBytesView, as: UTF8.self) else {
            throw WebSocketError(.protocolViolation, "a text is not UTF-8")
        }
        return .text(text)
    }

    private func control(_ opcode: WebSocketOpcode, _ body: ByteBuffer) throws(WebSocketError) -> Event {
        switch opcode {
        case .ping: return .ping(body)
        case .pong: return .pong
        default:
            var body = body
            guard body.readableBytes > 0 else { return .close(WebSocketClosure(code: 1005, reason: "")) }
            guard let code = body.readInteger(as: UInt16.self) else {
                throw WebSocketError(.protocolViolation, "half a close code")
            }
            return .close(WebSocketClosure(code: code, reason: String(buffer: body)))
        }
    }
}

extension WebSocketOpcode {
    fileprivate var isControl: Bool { [.connectionClose, .ping, .pong].contains(self) }
}
