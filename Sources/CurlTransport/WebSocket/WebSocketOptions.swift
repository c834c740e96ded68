/// Limits and wishes of a WebSocket.
package struct WebSocketOptions: Sendable, Hashable {
    /// What is offered, best first; the server takes one of them, or none.
    package var subprotocols: [String]
    /// Of a message that is received.
    package var messageLimit: Int
    /// A longer message is sent in several frames.
    package var frameLimit: Int

    package init(subprotocols: [String] = [], messageLimit: Int = 16 << 20, frameLimit: Int = 1 << 20) {
        self.subprotocols = subprotocols
        self.messageLimit = messageLimit
        self.frameLimit = frameLimit
    }
}
