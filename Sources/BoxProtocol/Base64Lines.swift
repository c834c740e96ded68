/// Bytes as lines of text, for channels that carry nothing else: each line is base64 (RFC 4648) of some bytes.
package enum Base64Lines {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// One line, with its end.
    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity((bytes.count + 2) / 3 * 4 + 1)
        var group: UInt32 = 0
        var filled = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            filled += 1
            if filled == 3 {
                append(group, digits: 4, to: &line)
                (group, filled) = (0, 0)
            }
        }
        if filled > 0 {
            append(group << UInt32(8 * (3 - filled)), digits: filled + 1, to: &line)
            for _ in filled..<3 { line.append(padding) }
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func append(_ group: UInt32, digits: Int, to line: inout [UInt8]) {
        for position in 0..<digits {
            line.append(alphabet[Int(group >> UInt32(18 - 6 * position) & 63)])
        }
    }

    /// Takes text in pieces of any size and gives the bytes that they complete.
    package struct Decoder: Sendable {
        private var group: UInt32 = 0
        private var digits = 0
        private var paddings = 0

        package init() {}

        /// Nil when it is not base64 in lines.
        package mutating func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(text.count / 4 * 3 + 3)
            for character in text {
                let value = Base64Lines.values[Int(character)]
                if value < 64 {
                    guard paddings == 0 else { return nil }
                    group = group << 6 | UInt32(value)
                    digits += 1
                    if digits == 4 {
                        bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                        bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                        bytes.append(UInt8(truncatingIfNeeded: group))
                        (group, digits) = (0, 0)
                    }
                } else if character == Base64Lines.padding {
                    paddings += 1
                } else if character == UInt8(ascii: "\n") {
                    guard endLine(&bytes) else { return nil }
                } else if character != UInt8(ascii: "\r") {
                    return nil
                }
            }
            return bytes
        }

        private mutating func endLine(_ bytes: inout [UInt8]) -> Bool {
            switch (digits, paddings) {
            case (0, 0): return true
            case (2, 2): bytes.append(UInt8(truncatingIfNeeded: group >> 4))
            case (3, 1):
                bytes.append(UInt8(truncatingIfNeeded: group >> 10))
                bytes.append(UInt8(truncatingIfNeeded: group >> 2))
            default: return false
            }
            (group, digits, paddings) = (0, 0, 0)
            return true
        }
    }

    /// By character: 0 to 63, or 255.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}
