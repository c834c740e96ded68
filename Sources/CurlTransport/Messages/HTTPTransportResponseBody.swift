package import NIOCore

/// The bytes of a response body, read once, at the reader's pace.
///
/// A reader that waits pauses the transfer; letting go of the body, or cancelling the task that reads it, ends the
/// transfer and closes its connection.
package struct HTTPTransportResponseBody: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer

    private let lease: Lease

    init(_ transfer: Transfer) {
        lease = Lease(transfer)
    }

    /// The fields that came after the body; complete once it has ended.
    package var trailers: HTTPTransportHeaders { lease.transfer.trailers }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(lease: lease)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let lease: Lease

        /// Everything that has arrived since the last call, nil after the last byte of a complete body.
        package mutating func next() async throws -> ByteBuffer? {
            try await lease.transfer.nextChunk()
        }
    }

    /// Shared by the body and its iterators: the last of them to go ends the transfer.
    fileprivate final class Lease: Sendable {
        let transfer: Transfer

        init(_ transfer: Transfer) {
            self.transfer = transfer
        }

        deinit {
            transfer.cancel()
        }
    }
}
