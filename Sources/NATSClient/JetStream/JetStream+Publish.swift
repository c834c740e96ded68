package import NIOCore

extension JetStream {
    /// Stores a message and returns when the server has it.
    ///
    /// With an expected sequence (0: the subject is empty) it is stored only if that is the *stream* sequence of the
    /// subject's last message; otherwise `.jetStream(.wrongLastSequence)`. After `.timeout`, `.interrupted` or `.disconnected` it may
    /// or may not be stored: read the subject's last message.
    package func publish(
        subject: String,
        headers: NATSHeaders = [:],
        payload: ByteBuffer,
        expectedLastSubjectSequence: UInt64? = nil,
        messageID: String? = nil,
        timeout: Duration? = nil
    ) async throws -> PubAck {
        var headers = headers
        if let expectedLastSubjectSequence {
            headers["Nats-Expected-Last-Subject-Sequence"] = String(expectedLastSubjectSequence)
        }
        if let messageID { headers["Nats-Msg-Id"] = messageID }
        let reply = try await connection.request(
            subject: subject,
            headers: headers,
            payload: payload,
            timeout: timeout ?? self.timeout,
            endsWithConnection: true
        )
        return try PubAck(plain: reply.payload) ?? Self.decode(reply)
    }
}
