import NIOCore

/// The last bytes of a stream.
struct LastBytes: Sendable {
    let limit: Int
    private(set) var bytes = ByteBuffer()

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ more: ByteBuffer) {
        bytes.writeImmutableBuffer(more)
        guard bytes.readableBytes > limit else { return }
        bytes.moveReaderIndex(forwardBy: bytes.readableBytes - limit)
        // Not each time: moving what is kept costs as much as adding it.
        if bytes.readerIndex > limit { bytes.discardReadBytes() }
    }
}
