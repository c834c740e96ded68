import NIOCore

/// Takes the frames of a command's output apart: kind, three zeros, a length of four bytes, that many bytes.
///
/// Pure. The bytes of a frame are handed on as they come.
struct FrameSplitter {
    enum Stream: UInt8 {
        case stdin = 0
        case stdout = 1
        case stderr = 2
        /// The engine's own words about why it ends.
        case system = 3
    }

    struct Malformed: Error {}

    private var input = ByteBuffer()
    private var stream = Stream.stdout
    /// Of the frame whose head was read.
    private var remaining = 0

    mutating func feed(_ bytes: ByteBuffer) {
        guard input.readableBytes > 0 else {
            input = bytes
            return
        }
        // At most a part of a head was left.
        input.writeImmutableBuffer(bytes)
    }

    /// The next bytes; nil until more have come.
    mutating func next() throws(Malformed) -> (stream: Stream, bytes: ByteBuffer)? {
        while remaining == 0 {
            guard input.readableBytes >= 8, let kind = input.readInteger(as: UInt8.self),
                let zeros = input.readBytes(length: 3), let length = input.readInteger(as: UInt32.self)
            else { return nil }
            guard let stream = Stream(rawValue: kind), zeros == [0, 0, 0] else { throw Malformed() }
            self.stream = stream
            remaining = Int(length)
        }
        let count = min(remaining, input.readableBytes)
        guard count > 0, let bytes = input.readSlice(length: count) else { return nil }
        remaining -= count
        return (stream, bytes)
    }

    /// Whether the end of the bytes would cut a frame off.
    var isBetweenFrames: Bool { remaining == 0 && input.readableBytes == 0 }
}
