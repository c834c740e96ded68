/// The records of a pax header that say what an entry is: `25 path=some/where\n`, one after another.
struct PaxAttributes: Sendable, Hashable {
    var path: [UInt8]?
    var target: [UInt8]?
    var size: UInt64?

    init() {}

    init(_ bytes: [UInt8]) throws(TarError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
                let length = Self.decimal(rest[..<space]), length > UInt64(space - rest.startIndex + 1),
                length <= UInt64(rest.count)
            else { throw Self.malformed }
            let end = rest.startIndex + Int(length)
            let record = rest[(space + 1)..<(end - 1)]
            guard rest[end - 1] == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw Self.malformed
            }
            try take(String(decoding: record[..<equals], as: UTF8.self), Array(record[(equals + 1)...]))
            rest = rest[end...]
        }
    }

    /// Whether it says nothing about what or where an entry is.
    var isEmpty: Bool { path == nil && target == nil && size == nil }

    private mutating func take(_ key: String, _ value: [UInt8]) throws(TarError) {
        switch key {
        case "path": path = value
        case "linkpath": target = value
        case "size":
            guard let number = Self.decimal(value[...]), number < 1 << 62 else { throw Self.malformed }
            size = number
        // The true name and size of a file with holes; a workspace is packed without.
        case let key where key.hasPrefix("GNU.sparse."): throw TarError(.kind, "It holds a file with holes.")
        default: break
        }
    }

    private static let malformed = TarError(.malformed, "It has attributes that cannot be read.")

    private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count < 20 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product + UInt64(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
