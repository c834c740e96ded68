import NIOCore

/// A tar of a few entries, in the form that every engine reads (ustar).
struct TarFile {
    private static let block = 512

    private(set) var bytes = ByteBuffer()

    /// - Parameter size: Of the files that it is to hold, together.
    init(holding size: Int = 0) {
        bytes.reserveCapacity(size + 16 * Self.block)
    }

    /// - Parameter path: Relative, at most 99 bytes.
    mutating func add(directory path: String, mode: UInt32, owner: BoxUser) {
        add(path.hasSuffix("/") ? path : path + "/", type: "5", mode: mode, owner: owner, content: ByteBuffer())
    }

    mutating func add(file path: String, mode: UInt32, owner: BoxUser, content: ByteBuffer) {
        add(path, type: "0", mode: mode, owner: owner, content: content)
    }

    /// The end of a tar.
    mutating func finish() {
        bytes.writeRepeatingByte(0, count: Self.block * 2)
    }

    private mutating func add(_ path: String, type: Character, mode: UInt32, owner: BoxUser, content: ByteBuffer) {
        var head = [UInt8](repeating: 0, count: Self.block)
        func put(_ text: String, at offset: Int) {
            head.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(path, at: 0)
        put(Self.octal(UInt64(mode), digits: 7), at: 100)
        put(Self.octal(UInt64(owner.uid), digits: 7), at: 108)
        put(Self.octal(UInt64(owner.gid), digits: 7), at: 116)
        put(Self.octal(UInt64(content.readableBytes), digits: 11), at: 124)
        put(Self.octal(0, digits: 11), at: 136)
        put(String(repeating: " ", count: 8), at: 148)
        put(String(type), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(Self.octal(head.reduce(0) { $0 + UInt64($1) }, digits: 6), at: 148)
        head[154] = 0
        bytes.writeBytes(head)
        bytes.writeImmutableBuffer(content)
        let rest = content.readableBytes % Self.block
        if rest > 0 { bytes.writeRepeatingByte(0, count: Self.block - rest) }
    }

    private static func octal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// What the first regular file of a tar holds; nil when there is none.
    static func content(ofFirstIn archive: ByteBuffer) -> ByteBuffer? {
        var archive = archive
        while let head = archive.readBytes(length: block), head[0] != 0 {
            let digits = head[124..<136].prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 8) else { return nil }
            if head[156] == UInt8(ascii: "0") || head[156] == 0 { return archive.readSlice(length: size) }
            // Extended headers come before what they are about.
            archive.moveReaderIndex(forwardBy: min(archive.readableBytes, (size + block - 1) / block * block))
        }
        return nil
    }
}
