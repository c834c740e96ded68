import NIOCore

/// Cuts a stream of bytes into lines, wherever its chunks begin and end.
struct LineReader {
    private static let longestLine = 16 << 20

    private var buffer = ByteBuffer()
    /// How many bytes of the buffer are known to hold no line's end.
    private var searched = 0

    /// Whether no part of a line is left.
    var isEmpty: Bool { buffer.readableBytes == 0 }

    mutating func append(_ chunk: ByteBuffer) throws {
        if buffer.readableBytes == 0 {
            buffer = chunk
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(chunk)
        }
        guard buffer.readableBytes <= Self.longestLine + chunk.readableBytes else {
            throw SandfleetError(.invalidResponse, "a line of the answer is too long")
        }
    }

    /// The next complete line without its end; empty lines are skipped.
    mutating func next() -> ByteBufferView? {
        while true {
            let view = buffer.readableBytesView
            guard let end = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
                searched = view.count
                return nil
            }
            let line = view[..<end]
            buffer.moveReaderIndex(forwardBy: line.count + 1)
            searched = 0
            if !line.isEmpty { return line }
        }
    }
}
