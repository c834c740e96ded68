import CNATS
package import NIOCore

extension NATSConnection {
    /// Hands a message to the socket.
    ///
    /// May block for the write deadline if the server reads no more.
    ///
    /// A refusal by the server's permissions comes later, through `events`.
    package func publish(
        subject: String,
        reply: String? = nil,
        headers: NATSHeaders = [:],
        payload: ByteBuffer = ByteBuffer()
    ) throws {
        try Subject.validate(subject)
        if let reply { try Subject.validate(reply) }
        try pointer.requireConnected()
        guard let length = Int32(exactly: payload.readableBytes) else { throw NATSError(.payloadTooLarge, "publish") }
        try payload.withUnsafeReadableBytes { bytes in
            if headers.isEmpty {
                try pointer.publish(subject, reply, bytes, length)
            } else {
                try pointer.publish(subject, reply, headers, bytes, length)
            }
        }
    }
}

extension ConnectionPointer {
    fileprivate func publish(
        _ subject: String,
        _ reply: String?,
        _ bytes: UnsafeRawBufferPointer,
        _ length: Int32
    ) throws(NATSError) {
        let status =
            if let reply {
                natsConnection_PublishRequest(raw, subject, reply, bytes.baseAddress, length)
            } else {
                natsConnection_Publish(raw, subject, bytes.baseAddress, length)
            }
        try NATSError.check(status, "publish")
    }

    fileprivate func publish(
        _ subject: String,
        _ reply: String?,
        _ headers: NATSHeaders,
        _ bytes: UnsafeRawBufferPointer,
        _ length: Int32
    ) throws(NATSError) {
        try headers.validate()
        // The library leaves the headers out of its check, and the server would close the connection.
        guard headers.encodedLength + bytes.count <= natsConnection_GetMaxPayload(raw) else {
            throw NATSError(.payloadTooLarge, "publish")
        }
        var message: OpaquePointer?
        let data = bytes.assumingMemoryBound(to: CChar.self).baseAddress
        try NATSError.check(natsMsg_Create(&message, subject, reply, data, length), "publish")
        guard let message else { throw NATSError(.library, "publish") }
        defer { natsMsg_Destroy(message) }
        try headers.write(to: message)
        try NATSError.check(natsConnection_PublishMsg(raw, message), "publish")
    }
}
