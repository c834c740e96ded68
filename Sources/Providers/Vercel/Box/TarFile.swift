import NIOCore

/// A tar (ustar) of one file.
enum TarFile {
    private static let block = 512

    /// - Parameter name: At most 100 bytes, relative.
    static func of(_ name: String, _ content: ByteBuffer, mode: Int) -> ByteBuffer {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(content.readableBytes, 11), at: 124)
        put(octal(0, 11), at: 136)
        // The sum is made with blanks in its own place.
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        var tar = ByteBuffer()
        tar.reserveCapacity(content.readableBytes + 4 * block)
        tar.writeBytes(header)
        tar.writeImmutableBuffer(content)
        let padding = (block - content.readableBytes % block) % block
        tar.writeRepeatingByte(0, count: padding + 2 * block)
        return tar
    }
}
