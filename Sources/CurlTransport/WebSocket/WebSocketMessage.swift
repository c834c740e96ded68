package import NIOCore

/// One whole message, however many frames it came in.
package enum WebSocketMessage: Sendable, Hashable {
    case text(String)
    case binary(ByteBuffer)
}

/// How the peer ended a connection: the code of RFC 6455, section 7.4, and its words.
package struct WebSocketClosure: Sendable, Hashable {
    /// 1005 when it gave none.
    package let code: UInt16
    package let reason: String

    package init(code: UInt16, reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// Why a WebSocket ended without its close handshake.
package struct WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The answer to the upgrade is not what RFC 6455 asks for.
        case handshake
        case protocolViolation
        case messageTooLarge
        /// The connection ended without a close frame.
        case connectionLost
        /// The peer did not answer a ping in time.
        case timeout
        /// This side has closed it.
        case closed
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
