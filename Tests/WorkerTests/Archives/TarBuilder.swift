import NIOCore

@testable import Worker

/// Writes tar archives, right and wrong ones, byte by byte.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    static func build(_ fill: (inout TarBuilder) -> Void) -> [UInt8] {
        var builder = TarBuilder()
        fill(&builder)
        builder.end()
        return builder.bytes
    }

    mutating func add(
        _ path: String,
        type: Character = "0",
        target: String = "",
        content: String = "",
        size: UInt64? = nil,
        prefix: String = ""
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func set(_ text: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in text.enumerated() { block[offset + index] = byte }
        }
        set(path.utf8.prefix(100), at: 0)
        set((type == "5" ? "0000755\0" : "0000644\0").utf8, at: 100)
        let length = size ?? UInt64(content.utf8.count)
        if length < 1 << 33 {
            set((Self.octal(length, 11) + " ").utf8, at: 124)
        } else {
            block[124] = 0x80
            for index in 0..<8 { block[135 - index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index)) }
        }
        set([type.asciiValue ?? 0], at: 156)
        set(target.utf8.prefix(100), at: 157)
        set("ustar\0".utf8, at: 257)
        set("00".utf8, at: 263)
        set(prefix.utf8, at: 345)
        set("        ".utf8, at: 148)
        let sum = block.reduce(UInt64(0)) { $0 + UInt64($1) }
        set((Self.octal(sum, 6) + "\0 ").utf8, at: 148)
        bytes += block
        pad(Array(content.utf8))
    }

    /// GNU's way to say a long path, or the target of a link (`K`).
    mutating func addLong(_ text: String, type: Character = "L") {
        add("././@LongLink", type: type, content: text + "\0")
    }

    mutating func addAttributes(_ records: [(String, String)], type: Character = "x") {
        add("attributes", type: type, content: records.map(Self.record).joined())
    }

    mutating func end() { bytes += [UInt8](repeating: 0, count: 1024) }

    mutating func append(_ more: [UInt8]) { bytes += more }

    private mutating func pad(_ content: [UInt8]) {
        bytes += content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private static func record(_ key: String, _ value: String) -> String {
        let rest = " \(key)=\(value)\n".utf8.count
        var length = rest + 1
        while "\(length)".utf8.count + rest != length { length += 1 }
        return "\(length) \(key)=\(value)\n"
    }

    private static func octal(_ number: UInt64, _ width: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
