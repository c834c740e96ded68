package import CurlTransport
import FoundationEssentials
package import Model
package import NIOCore
package import ProviderKit

/// An answer with a status of 400 or above.
package struct ProviderRefusal: Sendable {
    /// How much of a body is read.
    static let bodyLimit = 64 << 10

    /// The call's own words.
    package let call: String
    package let repeatability: Repeatability
    package let box: Envelope?
    package let status: Int
    package let headers: HTTPTransportHeaders
    package let body: ByteBuffer
    package let retryAfter: Duration?

    package init(
        call: String,
        repeatability: Repeatability,
        box: Envelope?,
        status: Int,
        headers: HTTPTransportHeaders,
        body: ByteBuffer,
        retryAfter: Duration?
    ) {
        self.call = call
        self.repeatability = repeatability
        self.box = box
        self.status = status
        self.headers = headers
        self.body = body
        self.retryAfter = retryAfter
    }

    /// The body as JSON; nil when it is something else.
    package func decoded<Value: Decodable>(_ type: Value.Type) -> Value? {
        // Whatever is wrong with it: it is not this.
        try? JSONDecoder().decode(type, from: Data(body.readableBytesView))
    }
}
