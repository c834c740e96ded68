import NIOCore

/// The gzip format (RFC 1952) without compression: an envelope around bytes.
enum Gzip {
    private static let blockLimit = 65_535

    private static let table: [UInt32] = (0..<256)
        .map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        }

    static func stored(_ bytes: ByteBuffer) -> ByteBuffer {
        var output = ByteBuffer()
        output.reserveCapacity(bytes.readableBytes + bytes.readableBytes / 8192 + 64)
        // Deflate, no flags, no time, an unknown system.
        output.writeBytes([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
        var rest = bytes
        repeat {
            let length = min(rest.readableBytes, blockLimit)
            let isLast = length == rest.readableBytes
            output.writeInteger(UInt8(isLast ? 1 : 0))
            output.writeInteger(UInt16(length), endianness: .little)
            output.writeInteger(~UInt16(length), endianness: .little)
            if let block = rest.readSlice(length: length) { output.writeImmutableBuffer(block) }
        } while rest.readableBytes > 0
        output.writeInteger(checksum(bytes), endianness: .little)
        output.writeInteger(UInt32(truncatingIfNeeded: bytes.readableBytes), endianness: .little)
        return output
    }

    /// CRC-32 as gzip has it.
    static func checksum(_ bytes: ByteBuffer) -> UInt32 {
        let value = bytes.withUnsafeReadableBytes { bytes in
            table.withUnsafeBufferPointer { table in
                var value = UInt32.max
                for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 255)] ^ (value >> 8) }
                return value
            }
        }
        return ~value
    }
}
