import FoundationEssentials
import NIOCore

/// The persistence layer of NATS, spoken as plain requests with JSON.
package struct JetStream: Sendable {
    let connection: NATSConnection
    /// How long to wait for each answer.
    let timeout: Duration

    static let prefix = "$JS.API."

    /// Calls an API subject; the answer's error is thrown.
    func call<Answer: Decodable>(
        _ subject: String,
        _ body: some Encodable & Sendable,
        timeout: Duration? = nil
    ) async throws -> Answer {
        let payload = try ByteBuffer(bytes: JSONEncoder().encode(body))
        let reply = try await connection.request(
            subject: Self.prefix + subject,
            payload: payload,
            timeout: timeout ?? self.timeout,
            endsWithConnection: true
        )
        return try Self.decode(reply)
    }

    static func decode<Answer: Decodable>(_ reply: NATSMessage) throws -> Answer {
        let data = Data(reply.payload.readableBytesView)
        do {
            if let error = try JSONDecoder().decode(ErrorEnvelope.self, from: data).error { throw error.asNATSError }
            return try JSONDecoder().decode(Answer.self, from: data)
        } catch let error as DecodingError {
            throw NATSError(.malformedResponse, "JetStream answered something else", cause: error)
        }
    }
}

extension NATSConnection {
    package func jetStream(timeout: Duration = .seconds(5)) -> JetStream {
        JetStream(connection: self, timeout: timeout)
    }
}

struct EmptyBody: Encodable, Sendable {}

private struct ErrorEnvelope: Decodable {
    let error: APIError?
}

private struct APIError: Decodable {
    let code: Int
    let errorCode: Int?
    let description: String?

    enum CodingKeys: String, CodingKey {
        case code
        case errorCode = "err_code"
        case description
    }

    var asNATSError: NATSError {
        let code = JetStreamErrorCode(rawValue: errorCode ?? code)
        return NATSError(.jetStream(code), description ?? "code \(self.code)")
    }
}
