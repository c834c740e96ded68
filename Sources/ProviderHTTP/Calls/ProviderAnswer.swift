package import CurlTransport
package import NIOCore
package import ProviderKit

/// A whole answer.
package struct ProviderAnswer: Sendable {
    package let status: Int
    package let headers: HTTPTransportHeaders
    package let body: ByteBuffer
}

/// An answer whose body is read as it comes, at the reader's pace; letting go of it ends the call.
package final class ProviderStream: Sendable {
    package let status: Int
    package let headers: HTTPTransportHeaders
    private let body: HTTPTransportResponseBody
    private let failures: CallFailures

    init(_ response: HTTPTransportResponse, _ failures: CallFailures) {
        status = response.status
        headers = response.headers
        body = response.body
        self.failures = failures
    }

    /// The next bytes, nil at the end of a complete body.
    package func next() async throws(DriverError) -> ByteBuffer? {
        do {
            var iterator = body.makeAsyncIterator()
            return try await iterator.next()
        } catch {
            throw failures.error(afterAnswer: error)
        }
    }

    /// What came is not what the provider promises.
    func misunderstood(_ what: String) -> DriverError { failures.misunderstood(what) }
}
