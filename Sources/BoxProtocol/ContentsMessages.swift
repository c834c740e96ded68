/// Asks for bytes of a file that was opened inline; answered by `contents`, with none at the end.
package struct ReadContentsMessage: FrameMessage, Equatable, Sendable {
    /// The stream of the `openReadInline`.
    package var handle: UInt32
    package var offset: UInt64
    /// How many bytes at most.
    package var limit: UInt32

    package init(handle: UInt32, offset: UInt64, limit: UInt32) {
        self.handle = handle
        self.offset = offset
        self.limit = limit
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        handle = try decoder.read()
        offset = try decoder.read()
        limit = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(handle)
        encoder.write(offset)
        encoder.write(limit)
    }
}

/// Puts bytes into a file that was opened inline for writing; nobody sees them before its `commit`.
package struct WriteContentsMessage: FrameMessage, Equatable, Sendable {
    /// The stream of the `openWriteInline`.
    package var handle: UInt32
    package var offset: UInt64
    package var bytes: [UInt8]

    package init(handle: UInt32, offset: UInt64, bytes: [UInt8]) {
        self.handle = handle
        self.offset = offset
        self.bytes = bytes
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        handle = try decoder.read()
        offset = try decoder.read()
        bytes = try decoder.readBytes()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(handle)
        encoder.write(offset)
        encoder.write(bytes)
    }
}

/// Bytes of a file.
package struct ContentsMessage: FrameMessage, Equatable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        bytes = try decoder.readBytes()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(bytes)
    }
}
