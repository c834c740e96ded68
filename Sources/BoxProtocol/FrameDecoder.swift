/// Cuts a stream of bytes into frames.
///
/// Whole frames are handed on where they lie; only a frame that arrives in pieces is copied.
package struct FrameDecoder {
    private var partial: [UInt8] = []

    package init() {}

    /// How many bytes of an unfinished frame are held.
    package var bufferedBytes: Int { partial.count }

    /// Calls `body` for every frame that is complete with these bytes; the payload is borrowed for the call.
    package mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (FrameHeader, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var rest = bytes
        while !partial.isEmpty, !rest.isEmpty {
            let wanted = try missing()
            let taken = min(wanted, rest.count)
            partial.append(contentsOf: rest[..<taken])
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            guard try missing() == 0 else { continue }
            let frame = partial
            partial = []
            try frame.withUnsafeBytes { whole in
                _ = try Self.consume(whole, body)
            }
        }
        while let used = try Self.consume(rest, body) {
            rest = UnsafeRawBufferPointer(rebasing: rest[used...])
        }
        if !rest.isEmpty {
            partial.append(contentsOf: rest)
        }
    }

    /// How many bytes the frame in `partial` lacks, as far as is known before its header is complete.
    private func missing() throws -> Int {
        guard partial.count >= Frame.headerSize else { return Frame.headerSize - partial.count }
        let length = try partial.withUnsafeBytes { bytes in try Self.payloadLength(bytes) }
        return Frame.headerSize + length - partial.count
    }

    /// Hands on the frame at the front and returns its size; nil when it is not complete.
    private static func consume(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (FrameHeader, UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int? {
        guard bytes.count >= Frame.headerSize else { return nil }
        let length = try payloadLength(bytes)
        guard let type = FrameType(rawValue: bytes[4]) else { throw ProtocolViolation.unknownType(bytes[4]) }
        let end = Frame.headerSize + length
        guard bytes.count >= end else { return nil }
        let stream = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt32.self))
        try body(
            FrameHeader(type: type, stream: stream),
            UnsafeRawBufferPointer(rebasing: bytes[Frame.headerSize..<end])
        )
        return end
    }

    private static func payloadLength(_ bytes: UnsafeRawBufferPointer) throws(ProtocolViolation) -> Int {
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard length <= Frame.maximumPayload else { throw .oversizedFrame }
        return length
    }
}
