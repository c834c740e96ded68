import FoundationEssentials
import NIOCore

extension JetStream {
    /// Who answers a read.
    package enum ReadPath: Sendable {
        /// The stream's leader: sees every acknowledged write.
        case leader
        /// Any replica, raw bytes instead of JSON: faster, but with replicas it may lag.
        case direct
    }

    /// The last message of a subject; nil if it has none.
    package func lastMessage(
        stream: String,
        subject: String,
        via path: ReadPath = .leader
    ) async throws -> JetStreamMessage? {
        try await read(stream, MessageQuery(lastBySubject: subject), path)
    }

    /// The message at a sequence; nil if there is none.
    package func message(
        stream: String,
        sequence: UInt64,
        via path: ReadPath = .direct
    ) async throws -> JetStreamMessage? {
        try await read(stream, MessageQuery(sequence: sequence), path)
    }

    /// The first message of a subject at or after a sequence; nil if there is none yet.
    package func nextMessage(
        stream: String,
        subject: String,
        from sequence: UInt64,
        via path: ReadPath = .direct
    ) async throws -> JetStreamMessage? {
        try await read(stream, MessageQuery(sequence: max(1, sequence), nextBySubject: subject), path)
    }

    private func read(_ stream: String, _ query: MessageQuery, _ path: ReadPath) async throws -> JetStreamMessage? {
        switch path {
        case .direct:
            let reply = try await connection.request(
                subject: Self.prefix + "DIRECT.GET.\(stream)",
                payload: ByteBuffer(bytes: JSONEncoder().encode(query)),
                timeout: timeout,
                endsWithConnection: true
            )
            return try JetStreamMessage(direct: reply)
        case .leader:
            do {
                let answer: StoredMessageAnswer = try await call("STREAM.MSG.GET.\(stream)", query)
                return try answer.message.value(of: stream)
            } catch let error as NATSError where error.code == .jetStream(.messageNotFound) {
                return nil
            }
        }
    }
}

private struct MessageQuery: Encodable, Sendable {
    var sequence: UInt64?
    var lastBySubject: String?
    var nextBySubject: String?

    enum CodingKeys: String, CodingKey {
        case sequence = "seq"
        case lastBySubject = "last_by_subj"
        case nextBySubject = "next_by_subj"
    }
}

private struct StoredMessageAnswer: Decodable {
    let message: StoredMessage
}

private struct StoredMessage: Decodable {
    let subject: String
    let sequence: UInt64
    let headers: Data?
    let payload: Data?

    enum CodingKeys: String, CodingKey {
        case subject
        case sequence = "seq"
        case headers = "hdrs"
        case payload = "data"
    }

    func value(of stream: String) throws -> JetStreamMessage {
        var fields = NATSHeaders()
        if let headers {
            guard let block = NATSHeaders(block: headers) else {
                throw NATSError(.malformedResponse, "a stored message's headers cannot be read")
            }
            fields = block
        }
        return JetStreamMessage(
            stream: stream,
            subject: subject,
            sequence: sequence,
            headers: fields,
            payload: payload.map { ByteBuffer(bytes: $0) } ?? ByteBuffer()
        )
    }
}
