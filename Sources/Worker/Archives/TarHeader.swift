/// One header block of a tar archive, as `tar`, `pax` and their kin write it.
struct TarHeader: Sendable, Hashable {
    static let blockLength = 512

    enum Kind: Sendable, Hashable {
        case file
        case hardLink
        case symbolicLink
        case directory
        /// The path of the entry that follows.
        case longPath
        /// The link target of the entry that follows.
        case longTarget
        /// Attributes of the entry that follows.
        case attributes
        /// Attributes of all entries that follow.
        case globalAttributes
    }

    var kind: Kind
    var path: [UInt8]
    var target: [UInt8]
    var size: UInt64

    /// - Parameter block: 512 bytes.
    init(_ block: [UInt8]) throws(TarError) {
        guard Self.hasRightSum(block) else {
            throw TarError(.malformed, "It is not a tar archive, or it is damaged: a header's sum is wrong.")
        }
        size = try Self.number(block[124..<136])
        target = Self.text(block[157..<257])
        let name = Self.text(block[0..<100])
        // GNU's own format has times where the others have the beginning of a path.
        let isPosix = block[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0])
        let prefix = isPosix ? Self.text(block[345..<500]) : []
        path = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
        kind = try Self.kind(of: block[156], path)
    }

    private static func kind(of flag: UInt8, _ path: [UInt8]) throws(TarError) -> Kind {
        switch flag {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): return .file
        case UInt8(ascii: "1"): return .hardLink
        case UInt8(ascii: "2"): return .symbolicLink
        case UInt8(ascii: "5"): return .directory
        case UInt8(ascii: "L"): return .longPath
        case UInt8(ascii: "K"): return .longTarget
        case UInt8(ascii: "x"): return .attributes
        case UInt8(ascii: "g"): return .globalAttributes
        case UInt8(ascii: "3"), UInt8(ascii: "4"): throw refusal("a device", path)
        case UInt8(ascii: "6"): throw refusal("a pipe", path)
        case UInt8(ascii: "S"): throw refusal("a file with holes", path)
        default: throw refusal("an entry of the unknown kind \(flag)", path)
        }
    }

    private static func refusal(_ what: String, _ path: [UInt8]) -> TarError {
        TarError(.kind, "It holds \(what): \(TarPath.shown(path))")
    }

    static func isEmpty(_ block: [UInt8]) -> Bool { block.allSatisfy { $0 == 0 } }

    /// The sum counts the field of the sum as spaces; some old programs added signed bytes.
    private static func hasRightSum(_ block: [UInt8]) -> Bool {
        guard let stated = try? number(block[148..<156]) else { return false }
        var unsigned: UInt64 = 0
        var signed: Int64 = 0
        for (index, byte) in block.enumerated() {
            let byte = (148..<156).contains(index) ? UInt8(ascii: " ") : byte
            unsigned += UInt64(byte)
            signed += Int64(Int8(bitPattern: byte))
        }
        return stated == unsigned || Int64(exactly: stated) == signed
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// Octal digits; or, with the first bit set, the bytes of a binary number.
    private static func number(_ field: ArraySlice<UInt8>) throws(TarError) -> UInt64 {
        guard let first = field.first else { return 0 }
        var value: UInt64 = 0
        if first & 0x80 != 0 {
            var bytes = Array(field)
            bytes[0] &= 0x7f
            guard first != 0xff, bytes.dropLast(8).allSatisfy({ $0 == 0 }) else {
                throw TarError(.malformed, "It states a size that no file has.")
            }
            for byte in bytes.suffix(8) { value = value << 8 | UInt64(byte) }
            // A size of more than this overflows when it is rounded.
            guard value < 1 << 62 else { throw TarError(.malformed, "It states a size that no file has.") }
            return value
        }
        let digits = field.drop { $0 == UInt8(ascii: " ") || $0 == 0 }
            .prefix { $0 != UInt8(ascii: " ") && $0 != 0 }
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else {
                throw TarError(.malformed, "It is not a tar archive, or it is damaged: a number is none.")
            }
            value = value << 3 | UInt64(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
