/// How far a process's input has got, whoever wrote it.
package struct InputPosition: FrameMessage, Hashable, Sendable {
    /// All bytes that were taken since the start.
    package var offset: UInt64
    /// No more are taken.
    package var hasEnded: Bool

    package init(offset: UInt64, hasEnded: Bool) {
        self.offset = offset
        self.hasEnded = hasEnded
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        offset = try decoder.read()
        hasEnded = try decoder.readBool()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(offset)
        encoder.write(hasEnded)
    }
}

/// Bytes for a process's standard input.
///
/// What was taken before is skipped, so that a repeat does no harm. Answered at once: what there is no room for is not
/// taken, and `inputRoom` tells on the process's stream when there is room again.
package struct InputMessage: FrameMessage, Equatable, Sendable {
    /// The stream that the process was started or attached on.
    package var stream: UInt32
    /// Where the bytes begin; nil means behind whatever was taken last.
    package var offset: UInt64?
    /// Nothing follows these bytes.
    package var isLast: Bool
    package var bytes: [UInt8]

    package init(stream: UInt32, offset: UInt64?, isLast: Bool, bytes: [UInt8]) {
        self.stream = stream
        self.offset = offset
        self.isLast = isLast
        self.bytes = bytes
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        stream = try decoder.read()
        offset = try decoder.readBool() ? try decoder.read() : nil
        isLast = try decoder.readBool()
        bytes = try decoder.readBytes()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(stream)
        encoder.write(offset != nil)
        if let offset {
            encoder.write(offset)
        }
        encoder.write(isLast)
        encoder.write(bytes)
    }
}

/// The answer to an input message.
package struct InputStateMessage: FrameMessage, Equatable, Sendable {
    /// How many of the message's bytes are in, now or since before.
    package var taken: UInt32
    package var position: InputPosition

    package init(taken: UInt32, position: InputPosition) {
        self.taken = taken
        self.position = position
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        taken = try decoder.read()
        position = try InputPosition(from: &decoder)
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(taken)
        position.encode(into: &encoder)
    }
}
