package import CurlTransport
package import Model
package import NIOCore
package import ProviderKit

/// One call of a provider's API.
package struct ProviderCall: Sendable {
    /// A name and a value of the query; a name may come twice.
    package typealias QueryItem = (name: String, value: String)

    package enum Body: Sendable {
        case none
        /// Encoded with the client's encoder.
        case json(any Encodable & Sendable)
        case bytes(ByteBuffer, type: String)
        /// Sent once: no call with such a body is repeated.
        case stream(HTTPTransportUpload, type: String)
        /// Sent once as well, unless all its parts are bytes.
        case form(MultipartForm)
    }

    /// What it does, in two or three constant words, for logs and errors: "create sandbox".
    package var name: String
    package var method: String
    package var path: ProviderPath
    package var query: [QueryItem]
    package var headers: HTTPTransportHeaders
    package var body: Body
    package var repeatability: Repeatability
    /// Sent in the client's header for such keys.
    package var idempotencyKey: String?
    /// Of all tries together, pauses included: until the whole answer is there, or the head of one that is streamed.
    package var deadline: Duration
    /// Ends an answer that is streamed, and does not move for so long; nil leaves that to the reader.
    package var idleTimeout: Duration?
    /// The box that it is about: a NotFound is then judged with its binding.
    package var box: Envelope?

    package init(
        _ name: String,
        _ method: String = "GET",
        _ path: ProviderPath,
        query: [QueryItem] = [],
        headers: HTTPTransportHeaders = [:],
        body: Body = .none,
        repeatability: Repeatability,
        idempotencyKey: String? = nil,
        deadline: Duration = .seconds(30),
        idleTimeout: Duration? = nil,
        box: Envelope? = nil
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.repeatability = repeatability
        self.idempotencyKey = idempotencyKey
        self.deadline = deadline
        self.idleTimeout = idleTimeout
        self.box = box
    }
}
