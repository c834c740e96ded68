package import NIOCore

extension UTF8Text {
    /// Whether all readable bytes are whole, valid code points.
    package static func isText(_ bytes: ByteBuffer) -> Bool {
        bytes.withUnsafeReadableBytes { validPrefix(of: $0) == $0.count }
    }

    /// How many readable bytes at the end begin a code point whose rest may still come; 0 to 3.
    package static func incompleteSuffix(of bytes: ByteBuffer) -> Int {
        bytes.withUnsafeReadableBytes { incompleteSuffix(of: $0) }
    }

    /// The most of the first `limit` bytes that does not end inside a code point.
    package static func cut(_ bytes: ByteBuffer, limit: Int) -> Int {
        guard limit < bytes.readableBytes else { return bytes.readableBytes }
        return bytes.withUnsafeReadableBytes { bytes in
            limit - incompleteSuffix(of: UnsafeRawBufferPointer(rebasing: bytes[..<limit]))
        }
    }
}
