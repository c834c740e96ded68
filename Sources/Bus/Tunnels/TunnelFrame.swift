package import Model
package import NIOCore

/// One message of a tunnel: numbered, so that a lost one is noticed (rule 24).
///
/// Layout, big endian: kind (1 byte), channel (1), reserved (2), sequence (4), then the body. Sequences count the frames
/// of one direction from 0.
package struct TunnelFrame: Sendable, Hashable {
    package enum Body: Sendable, Hashable {
        case data(channel: UInt8, ByteBuffer)
        /// All bytes that the receiver lets the sender send in all, since the beginning.
        case credit(UInt64)
        /// No more data in this direction.
        case finish
        /// Over, both ways, and why.
        case reset(Fault)
    }

    package static let headerLength = 8
    /// The most bytes that one data frame carries.
    ///
    /// What fits the server's read buffer together with its header costs it a third less than larger frames.
    package static let maximumData = 32_000

    package var sequence: UInt32
    package var body: Body

    package init(sequence: UInt32, body: Body) {
        self.sequence = sequence
        self.body = body
    }

    package func encode() -> ByteBuffer {
        switch body {
        case .data(let channel, let bytes):
            var buffer = header(kind: 1, channel: channel, capacity: bytes.readableBytes)
            buffer.writeImmutableBuffer(bytes)
            return buffer
        case .credit(let total):
            var buffer = header(kind: 2, channel: 0, capacity: 8)
            buffer.writeInteger(total)
            return buffer
        case .finish:
            return header(kind: 3, channel: 0, capacity: 0)
        case .reset(let fault):
            let text = fault.wireBytes
            var buffer = header(kind: 4, channel: 0, capacity: text.count)
            buffer.writeBytes(text)
            return buffer
        }
    }

    /// Nil when the bytes are not a frame.
    package init?(decoding buffer: ByteBuffer) {
        var buffer = buffer
        guard let head = buffer.readMultipleIntegers(as: (UInt8, UInt8, UInt16, UInt32).self) else { return nil }
        sequence = head.3
        switch head.0 {
        case 1:
            body = .data(channel: head.1, buffer)
        case 2:
            guard let total = buffer.readInteger(as: UInt64.self) else { return nil }
            body = .credit(total)
        case 3:
            body = .finish
        case 4:
            guard let fault = Fault(wireBytes: Array(buffer: buffer)) else { return nil }
            body = .reset(fault)
        default:
            return nil
        }
    }

    private func header(kind: UInt8, channel: UInt8, capacity: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(Self.headerLength + capacity)
        buffer.writeMultipleIntegers(kind, channel, UInt16(0), sequence)
        return buffer
    }
}
