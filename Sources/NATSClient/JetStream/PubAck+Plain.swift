import NIOCore

extension PubAck {
    private static let opening = Array(#"{"stream":""#.utf8)
    private static let middles = [#"", "seq":"#, #"","seq":"#].map { Array($0.utf8) }

    /// Reads the one form that servers write for most acknowledgements, `{"stream":"S", "seq":1}`, without a JSON parser:
    /// that would cost more than the rest of a publish. (With the space: so does nats-server 2.9.)
    ///
    /// Nil for everything else, errors and duplicates among it.
    init?(plain payload: ByteBuffer) {
        let answer = payload.withUnsafeReadableBytes { bytes -> (stream: String, sequence: UInt64)? in
            guard bytes.starts(with: Self.opening) else { return nil }
            let rest = bytes[Self.opening.count...]
            guard let quote = rest.firstIndex(of: UInt8(ascii: "\"")),
                let middle = Self.middles.first(where: { rest[quote...].starts(with: $0) })
            else { return nil }
            let digits = rest[(quote + middle.count)...].dropLast()
            guard !digits.isEmpty, digits.count <= 19, bytes.last == UInt8(ascii: "}") else { return nil }
            var sequence: UInt64 = 0
            for digit in digits {
                guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
                sequence = sequence * 10 + UInt64(digit - UInt8(ascii: "0"))
            }
            return (String(decoding: rest[..<quote], as: UTF8.self), sequence)
        }
        guard let answer else { return nil }
        self.init(stream: answer.stream, sequence: answer.sequence, isDuplicate: false)
    }
}
