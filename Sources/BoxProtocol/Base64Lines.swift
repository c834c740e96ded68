/// Bytes as lines of text, for channels that carry nothing else: each line is base64 (RFC 4648) of some bytes.
package enum Base64Lines {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// One line, with its end.
    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        contiguously(bytes, encode)
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let alphabet = alphabet
        let capacity = (bytes.count + 2) / 3 * 4 + 1
        return [UInt8](unsafeUninitializedCapacity: capacity) { line, length in
            let whole = bytes.count / 3 * 3
            for index in stride(from: 0, to: whole, by: 3) {
                let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
                for shift in stride(from: 18, through: 0, by: -6) {
                    line[length] = alphabet[Int(group >> UInt32(shift) & 63)]
                    length += 1
                }
            }
            if whole < bytes.count {
                let isPair = whole + 1 < bytes.count
                let group = UInt32(bytes[whole]) << 16 | (isPair ? UInt32(bytes[whole + 1]) << 8 : 0)
                line[length] = alphabet[Int(group >> 18 & 63)]
                line[length + 1] = alphabet[Int(group >> 12 & 63)]
                line[length + 2] = isPair ? alphabet[Int(group >> 6 & 63)] : padding
                line[length + 3] = padding
                length += 4
            }
            line[length] = UInt8(ascii: "\n")
            length += 1
        }
    }

    /// A loop over a collection of another module's type is not specialized: each byte would be several calls by tables.
    private static func contiguously<Result>(
        _ bytes: some Collection<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        bytes.withContiguousStorageIfAvailable(body) ?? Array(bytes).withUnsafeBufferPointer(body)
    }

    /// Takes text in pieces of any size and gives the bytes that they complete.
    package struct Decoder: Sendable {
        private var group: UInt32 = 0
        private var digits = 0
        private var paddings = 0

        package init() {}

        /// Nil when it is not base64 in lines.
        package mutating func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
            Base64Lines.contiguously(text) { decode($0) }
        }

        private mutating func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
            let values = Base64Lines.values
            var bytes: [UInt8] = []
            bytes.reserveCapacity(text.count / 4 * 3 + 3)
            for character in text {
                let value = values[Int(character)]
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
