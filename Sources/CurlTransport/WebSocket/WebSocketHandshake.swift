import Crypto
import FoundationEssentials

/// The client's half of RFC 6455, section 4.
struct WebSocketHandshake {
    private let key: String
    private let subprotocols: [String]

    init(subprotocols: [String]) {
        let nonce = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        key = Data(nonce).base64EncodedString()
        self.subprotocols = subprotocols
    }

    func request(_ request: HTTPTransportRequest) -> HTTPTransportRequest {
        var request = request
        request.method = "GET"
        request.body = .none
        request.headers["Upgrade"] = "websocket"
        request.headers["Sec-WebSocket-Version"] = "13"
        request.headers["Sec-WebSocket-Key"] = key
        if !subprotocols.isEmpty { request.headers["Sec-WebSocket-Protocol"] = subprotocols.joined(separator: ", ") }
        return request
    }

    /// - Returns: The subprotocol that the server has taken.
    func check(_ headers: HTTPTransportHeaders) throws -> String? {
        guard headers["Upgrade"]?.lowercased() == "websocket",
            headers["Connection"]?.lowercased().contains("upgrade") == true
        else { throw WebSocketError(.handshake, "the server has switched to something else") }
        guard headers["Sec-WebSocket-Accept"] == accept else {
            throw WebSocketError(.handshake, "the server has not understood the key")
        }
        guard headers["Sec-WebSocket-Extensions"] == nil else {
            throw WebSocketError(.handshake, "the server uses an extension that was not offered")
        }
        let taken = headers["Sec-WebSocket-Protocol"]
        guard taken.map(subprotocols.contains) ?? true else {
            throw WebSocketError(.handshake, "the server uses a subprotocol that was not offered")
        }
        return taken
    }

    private var accept: String {
        // The GUID is the RFC's; SHA-1 is no secret keeper here, it shows that the server speaks the protocol.
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Data(digest).base64EncodedString()
    }
}
