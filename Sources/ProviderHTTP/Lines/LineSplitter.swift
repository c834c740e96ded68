import NIOCore

/// Cuts bytes into lines, whatever pieces they come in.
///
/// Pure. A carriage return before the line feed belongs to neither line; empty lines are passed over.
struct LineSplitter {
    struct TooLong: Error {}

    private let limit: Int
    private var input = ByteBuffer()
    /// How much of the input is known to hold no line feed.
    private var searched = 0
    private var hasEnded = false

    init(limit: Int) {
        self.limit = limit
    }

    mutating func feed(_ bytes: ByteBuffer) {
        guard input.readableBytes > 0 else {
            input = bytes
            searched = 0
            return
        }
        input.discardReadBytes()
        input.writeImmutableBuffer(bytes)
    }

    /// What is left is the last line.
    mutating func end() {
        hasEnded = true
    }

    /// The next line; nil until more bytes have come.
    mutating func next() throws(TooLong) -> ByteBuffer? {
        while true {
            let rest = input.readableBytesView.dropFirst(searched)
            guard let newline = rest.firstIndex(of: 0x0A) else {
                searched = input.readableBytes
                guard searched <= limit else { throw TooLong() }
                return hasEnded ? trimmed(input.readSlice(length: input.readableBytes)) : nil
            }
            let length = newline - input.readerIndex
            searched = 0
            guard length <= limit else { throw TooLong() }
            let line = trimmed(input.readSlice(length: length))
            input.moveReaderIndex(forwardBy: 1)
            if let line { return line }
        }
    }

    private func trimmed(_ line: ByteBuffer?) -> ByteBuffer? {
        guard var line, line.readableBytes > 0 else { return nil }
        if line.readableBytesView.last == 0x0D { line.moveWriterIndex(to: line.writerIndex - 1) }
        return line.readableBytes > 0 ? line : nil
    }
}
