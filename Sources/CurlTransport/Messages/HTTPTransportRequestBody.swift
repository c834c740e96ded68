package import NIOCore

/// What a request carries.
package enum HTTPTransportRequestBody: Sendable {
    case none
    case bytes(ByteBuffer)
    case streamed(HTTPTransportUpload)

    /// Sends a sequence as it yields, at the pace of the connection.
    ///
    /// The length is the exact number of bytes, or nil to send in chunks until the source ends. A source that yields
    /// more or less than its length fails the request.
    package static func stream<Source: AsyncSequence & Sendable>(
        length: Int?,
        _ source: Source
    ) -> Self where Source.Element == ByteBuffer {
        .streamed(
            HTTPTransportUpload(length: length) { write in
                for try await chunk in source { try await write(chunk) }
            }
        )
    }
}

/// A body that is produced while it is sent; `write` returns when there is room for more.
package struct HTTPTransportUpload: Sendable {
    package typealias Write = @Sendable (ByteBuffer) async throws -> Void

    package let length: Int?
    package let produce: @Sendable (_ write: Write) async throws -> Void

    package init(length: Int?, produce: @escaping @Sendable (_ write: Write) async throws -> Void) {
        self.length = length
        self.produce = produce
    }
}
