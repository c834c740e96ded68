/// Why a request did not get a complete response.
///
/// Holds no header, no body and no query.
package struct HTTPTransportError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// No connection to the host, its proxy or its socket.
        case connectFailed
        case dns
        case tls
        /// The connect timeout, the deadline or the idle timeout passed.
        case timeout
        /// The caller's task was cancelled or the body was let go.
        case cancelled
        /// The connection ended before the response did.
        case aborted
        /// The peer does not speak HTTP as it should.
        case protocolViolation
        case invalidRequest
        /// The source of the request's body threw, or yielded another length than it promised.
        case uploadFailed
        case bodyTooLarge
        /// The transport was shut down.
        case shutdown
        case `internal`
    }

    package let code: Code
    package let message: String
    /// False only when no byte of the request was handed to a connection; then anything may be sent again.
    package let mayHaveBeenDelivered: Bool
    package let cause: (any Error)?

    package init(code: Code, message: String, mayHaveBeenDelivered: Bool, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.mayHaveBeenDelivered = mayHaveBeenDelivered
        self.cause = cause
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
