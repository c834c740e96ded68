/// CRC-16/XMODEM, at the end of every key's text, lower byte first.
enum Checksum {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(into: 0) { sum, byte in
            sum ^= UInt16(byte) << 8
            for _ in 0..<8 { sum = sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021 }
        }
    }

    static func appended(to bytes: [UInt8]) -> [UInt8] {
        let sum = of(bytes)
        return bytes + [UInt8(truncatingIfNeeded: sum), UInt8(truncatingIfNeeded: sum >> 8)]
    }

    /// The bytes before the checksum; nil when it does not match.
    static func removed(from bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count > 2, appended(to: Array(bytes.dropLast(2))) == bytes else { return nil }
        return Array(bytes.dropLast(2))
    }
}
