import NIOCore

extension HTTPTransportRequest {
    /// The request as HTTP/1.1 writes it.
    func upgradeMessage(to target: RequestTarget) throws -> ByteBuffer {
        var text = "\(method) \(target.resource) HTTP/1.1\r\n"
        if headers["Host"] == nil { text += "Host: \(target.authority)\r\n" }
        if headers["Connection"] == nil { text += "Connection: Upgrade\r\n" }
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        switch body {
        case .none:
            if method == "POST" { text += "Content-Length: 0\r\n" }
            return ByteBuffer(string: text + "\r\n")
        case .bytes(let bytes):
            var message = ByteBuffer(string: text + "Content-Length: \(bytes.readableBytes)\r\n\r\n")
            message.writeImmutableBuffer(bytes)
            return message
        case .streamed:
            throw HTTPTransportError(
                code: .invalidRequest,
                message: "a request for an upgrade carries bytes or nothing",
                mayHaveBeenDelivered: false
            )
        }
    }
}
