package import NIOCore

/// A stored object, read piece by piece at the reader's pace; each iteration begins anew.
package struct ArchiveObject: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer

    /// In bytes.
    package let size: Int64
    private let read: @Sendable (_ offset: Int64) async throws -> ByteBuffer

    /// - Parameter read: The bytes from an offset on, as many as suit the store, but never none before the end.
    package init(size: Int64, read: @escaping @Sendable (_ offset: Int64) async throws -> ByteBuffer) {
        self.size = size
        self.read = read
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(object: self)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let object: ArchiveObject
        private var offset: Int64 = 0

        fileprivate init(object: ArchiveObject) {
            self.object = object
        }

        package mutating func next() async throws -> ByteBuffer? {
            guard offset < object.size else { return nil }
            try Task.checkCancellation()
            let piece = try await object.read(offset)
            guard piece.readableBytes > 0 else {
                throw ArchiveError(.damaged, "the object ends after \(offset) of \(object.size) bytes")
            }
            offset += Int64(piece.readableBytes)
            return piece
        }
    }

    /// The whole object, for objects that are known to be small.
    package func collect(upTo limit: Int) async throws -> ByteBuffer {
        guard size <= limit else { throw ArchiveError(.damaged, "the object has \(size) bytes, not up to \(limit)") }
        var bytes = ByteBuffer()
        for try await piece in self { bytes.writeImmutableBuffer(piece) }
        return bytes
    }
}
