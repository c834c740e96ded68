extension HTTPTransport {
    /// Opens a WebSocket.
    ///
    /// Of the request URL, headers (authorization included), socket and limits count.
    /// - Throws: `HTTPUpgradeRefusal` with status and body, `WebSocketError` of a broken handshake, or
    ///   `HTTPTransportError`.
    package func webSocket(
        _ request: HTTPTransportRequest,
        options: WebSocketOptions = WebSocketOptions()
    ) async throws -> WebSocket {
        let handshake = WebSocketHandshake(subprotocols: options.subprotocols)
        let upgrade = try await self.upgrade(handshake.request(request))
        return WebSocket(
            upgrade.stream,
            options: options,
            subprotocol: try handshake.check(upgrade.headers),
            headers: upgrade.headers
        )
    }
}
