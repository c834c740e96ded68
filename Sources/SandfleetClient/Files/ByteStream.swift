import CurlTransport
public import NIOCore

/// Bytes as they arrive, at the reader's pace; read once.
///
/// Letting go of it, or cancelling the task that reads it, ends the transfer. One that breaks off throws.
public struct ByteStream: AsyncSequence, Sendable {
    /// Some bytes.
    public typealias Element = ByteBuffer

    private let body: HTTPTransportResponseBody

    init(_ body: HTTPTransportResponseBody) {
        self.body = body
    }

    /// The bytes can be read once.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: body.makeAsyncIterator())
    }

    /// Reads the bytes.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var body: HTTPTransportResponseBody.AsyncIterator

        fileprivate init(body: HTTPTransportResponseBody.AsyncIterator) {
            self.body = body
        }

        /// The next bytes, nil after the last.
        public mutating func next() async throws -> ByteBuffer? {
            var reader = body
            defer { body = reader }
            return try await SandfleetError.translating { try await reader.next() }
        }
    }
}
