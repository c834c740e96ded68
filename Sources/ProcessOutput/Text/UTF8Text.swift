/// What bytes are UTF-8, by the table of the Unicode standard (no overlong forms, no surrogates).
package enum UTF8Text {
    /// How many bytes from the beginning are whole, valid code points.
    package static func validPrefix(of bytes: UnsafeRawBufferPointer) -> Int {
        var index = 0
        while index < bytes.count {
            // Text is mostly ASCII: eight at a time.
            while index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 != 0 { break }
                index += 8
            }
            guard index < bytes.count else { break }
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            guard case .whole(let length) = sequence(in: bytes, at: index) else { return index }
            index += length
        }
        return index
    }

    /// How many bytes at the end begin a code point whose rest may still come; 0 to 3.
    package static func incompleteSuffix(of bytes: UnsafeRawBufferPointer) -> Int {
        for length in 1...3 where length <= bytes.count {
            let start = bytes.count - length
            if bytes[start] & 0xC0 == 0x80 { continue }
            if case .incomplete = sequence(in: bytes, at: start) { return length }
            return 0
        }
        return 0
    }

    private enum Sequence {
        case whole(Int)
        case incomplete
        case invalid
    }

    private static func sequence(in bytes: UnsafeRawBufferPointer, at start: Int) -> Sequence {
        let lead = bytes[start]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0..<0x80: return .whole(1)
        case 0xC2...0xDF: length = 2
        case 0xE0:
            length = 3
            second = 0xA0...0xBF
        case 0xED:
            length = 3
            second = 0x80...0x9F
        case 0xE1...0xEF: length = 3
        case 0xF0:
            length = 4
            second = 0x90...0xBF
        case 0xF4:
            length = 4
            second = 0x80...0x8F
        case 0xF1...0xF3: length = 4
        default: return .invalid
        }
        for offset in 1..<length {
            guard start + offset < bytes.count else { return .incomplete }
            let allowed = offset == 1 ? second : 0x80...0xBF
            guard allowed.contains(bytes[start + offset]) else { return .invalid }
        }
        return .whole(length)
    }
}
