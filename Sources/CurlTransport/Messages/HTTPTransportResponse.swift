package import NIOCore

/// The head of a response, and its body as it arrives.
package struct HTTPTransportResponse: Sendable {
    package let status: Int
    package let headers: HTTPTransportHeaders
    package let body: HTTPTransportResponseBody

    /// The whole body, or `bodyTooLarge` once it exceeds the limit.
    package func collect(upTo limit: Int) async throws -> ByteBuffer {
        var collected = ByteBuffer()
        for try await chunk in body {
            guard collected.readableBytes + chunk.readableBytes <= limit else {
                throw HTTPTransportError(
                    code: .bodyTooLarge,
                    message: "the response body exceeds \(limit) bytes",
                    mayHaveBeenDelivered: true
                )
            }
            if collected.readableBytes == 0 {
                collected = chunk
            } else {
                collected.writeImmutableBuffer(chunk)
            }
        }
        return collected
    }
}
