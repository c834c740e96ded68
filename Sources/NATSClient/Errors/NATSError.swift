/// Why a NATS operation failed.
///
/// It never holds payloads, header values or credentials, so it is safe to log.
package struct NATSError: Error, Sendable {
    package enum Code: Hashable, Sendable {
        /// No server could be reached.
        case connectFailed
        /// The server refused our credentials.
        case authenticationFailed
        /// The connection is down at the moment; nothing was delivered.
        case disconnected
        /// The connection or subscription is closed for good.
        case closed
        /// The connection is draining and accepts no more messages.
        case draining
        /// Nobody listens on the subject of a request.
        case noResponders
        /// No answer in time; whether it was acted upon is unknown.
        case timeout
        /// The connection broke before there was an answer; whether it was acted upon is unknown.
        case interrupted
        /// The message is larger than the server accepts.
        case payloadTooLarge
        /// The server's permissions forbid the subject.
        case permissionViolation
        case slowConsumer
        case invalidSubject
        case invalidHeader
        case invalidOptions
        /// An answer could not be understood.
        case malformedResponse
        /// JetStream answered with an error.
        case jetStream(JetStreamErrorCode)
        /// Any other failure inside the client library.
        case library
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension NATSError: CustomStringConvertible {
    package var description: String {
        let reason = cause.map { " (\($0))" } ?? ""
        return "NATS \(code): \(message)\(reason)"
    }
}
