/// The ULID layout in lowercase Crockford base32: 10 characters of milliseconds, 16 characters of randomness.
enum ULID {
    /// Crockford's alphabet: no i, l, o, u.
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    static let length = 26
    /// The characters of an id that tell its time.
    static let timeLength = 10

    static func encode(milliseconds: UInt64, using generator: inout some RandomNumberGenerator) -> String {
        let high = UInt64.random(in: 0..<(1 << 40), using: &generator)
        let low = UInt64.random(in: 0..<(1 << 40), using: &generator)
        return String(unsafeUninitializedCapacity: length) { bytes in
            for index in 0..<10 { bytes[index] = alphabet[Int((milliseconds >> UInt64(45 - 5 * index)) & 31)] }
            for index in 0..<8 { bytes[10 + index] = alphabet[Int((high >> UInt64(35 - 5 * index)) & 31)] }
            for index in 0..<8 { bytes[18 + index] = alphabet[Int((low >> UInt64(35 - 5 * index)) & 31)] }
            return length
        }
    }

    /// Five bits a character; of ten bytes the sixteen that follow the time.
    static func spelling(of bytes: some Collection<UInt8>) -> String {
        var text = ""
        var (held, bits) = (UInt32(0), 0)
        for byte in bytes {
            held = held << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.unicodeScalars.append(Unicode.Scalar(alphabet[Int(held >> UInt32(bits)) & 31]))
                held &= (1 << UInt32(bits)) - 1
            }
        }
        return text
    }

    static func isCanonical(_ text: String) -> Bool {
        // 26 characters hold 130 bits, a ULID has 128: the first is at most 7.
        text.utf8.count == length && text.utf8.allSatisfy(alphabet.contains)
            && (text.utf8.first.map { $0 <= UInt8(ascii: "7") } ?? false)
    }
}
