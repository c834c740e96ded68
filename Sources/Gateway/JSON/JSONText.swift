package import NIOCore

/// JSON's spelling of strings, quick for long ones.
package enum JSONText {
    /// How much is escaped between two looks at the room that is left.
    private static let blockLength = 4096
    /// The longest spelling of one byte: `\u0000`.
    private static let longestEscape = 6

    package static func write(_ text: String, into buffer: inout ByteBuffer) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0), into: &buffer) }
    }

    /// Writes bytes that are known to be UTF-8, in quotes.
    package static func write(_ bytes: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "\""))
        writeEscaped(bytes, into: &buffer)
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    /// Writes a part of a string, without quotes.
    package static func writeEscaped(_ bytes: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
        if bytes.count > blockLength { buffer.reserveCapacity(minimumWritableBytes: bytes.count + bytes.count / 16) }
        var start = 0
        while start < bytes.count {
            let end = min(start + blockLength, bytes.count)
            let block = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: block.count * longestEscape + 8) { room in
                escape(block, into: room)
            }
            start = end
        }
    }

    /// How many bytes are spelled with six: control characters that have no short escape.
    ///
    /// Stops counting above the limit.
    package static func longEscapes(in bytes: UnsafeRawBufferPointer, upTo limit: Int) -> Int {
        var found = 0
        var index = 0
        while index < bytes.count, found <= limit {
            if index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                guard controls(in: word) != 0 else {
                    index += 8
                    continue
                }
            }
            let end = min(index + 8, bytes.count)
            while index < end {
                if bytes[index] < 0x20, shortEscape(of: bytes[index]) == nil { found += 1 }
                index += 1
            }
        }
        return found
    }

    /// Escapes a block into room for its longest spelling; copies eight bytes at a time up to the next special one.
    private static func escape(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Int {
        guard let source = bytes.baseAddress, let target = room.baseAddress else { return 0 }
        let count = bytes.count
        var read = 0
        var written = 0
        while read < count {
            while read + 8 <= count {
                let word = source.loadUnaligned(fromByteOffset: read, as: UInt64.self)
                // Written before it is known to be plain: what is not is written over.
                target.storeBytes(of: word, toByteOffset: written, as: UInt64.self)
                let special = specials(in: word.littleEndian)
                let plain = special == 0 ? 8 : special.trailingZeroBitCount / 8
                read += plain
                written += plain
                if special != 0 { break }
            }
            guard read < count else { break }
            let byte = source.load(fromByteOffset: read, as: UInt8.self)
            read += 1
            if byte >= 0x20, byte != 0x22, byte != 0x5C {
                target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
                written += 1
                continue
            }
            if let short = shortEscape(of: byte) {
                target.storeBytes(of: UInt8(ascii: "\\"), toByteOffset: written, as: UInt8.self)
                target.storeBytes(of: short, toByteOffset: written + 1, as: UInt8.self)
                written += 2
            } else {
                // `\u00`, the first letter in the lowest byte.
                target.storeBytes(of: UInt32(0x3030_755C).littleEndian, toByteOffset: written, as: UInt32.self)
                target.storeBytes(of: digit(byte >> 4), toByteOffset: written + 4, as: UInt8.self)
                target.storeBytes(of: digit(byte & 15), toByteOffset: written + 5, as: UInt8.self)
                written += longestEscape
            }
        }
        return written
    }

    /// The high bits of bytes that have to be escaped; exact for the first one.
    private static func specials(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let found =
            ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        return found & (ones &* 0x80)
    }

    /// Not zero when a byte is a control character.
    private static func controls(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        return (word &- ones &* 0x20) & ~word & (ones &* 0x80)
    }

    private static func shortEscape(of byte: UInt8) -> UInt8? {
        switch byte {
        case 0x22, 0x5C: byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
