package import NIOCore

/// Base64 written straight into a buffer.
package enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Writes the spelling of all bytes, padded; a part of a longer text has a length that three divides.
    package static func write(_ bytes: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
        let length = (bytes.count + 2) / 3 * 4
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
            alphabet.withUnsafeBufferPointer { encode(bytes, into: room, $0) }
            return length
        }
    }

    private static func encode(
        _ bytes: UnsafeRawBufferPointer,
        into room: UnsafeMutableRawBufferPointer,
        _ alphabet: UnsafeBufferPointer<UInt8>
    ) {
        guard let source = bytes.baseAddress, let target = room.baseAddress, let letters = alphabet.baseAddress else {
            return
        }
        var read = 0
        var written = 0
        func byte(_ index: Int) -> UInt32 { UInt32(source.load(fromByteOffset: index, as: UInt8.self)) }
        while read + 3 <= bytes.count {
            let group = byte(read) << 16 | byte(read + 1) << 8 | byte(read + 2)
            // Four letters in one store, the first in the lowest byte.
            let text =
                UInt32(letters[Int(group >> 18)]) | UInt32(letters[Int(group >> 12 & 63)]) << 8
                | UInt32(letters[Int(group >> 6 & 63)]) << 16 | UInt32(letters[Int(group & 63)]) << 24
            target.storeBytes(of: text.littleEndian, toByteOffset: written, as: UInt32.self)
            read += 3
            written += 4
        }
        guard read < bytes.count else { return }
        let hasTwo = read + 2 == bytes.count
        let group = byte(read) << 16 | (hasTwo ? byte(read + 1) << 8 : 0)
        let pad = UInt8(ascii: "=")
        let last = [
            letters[Int(group >> 18)], letters[Int(group >> 12 & 63)], hasTwo ? letters[Int(group >> 6 & 63)] : pad,
            pad,
        ]
        for (index, letter) in last.enumerated() {
            target.storeBytes(of: letter, toByteOffset: written + index, as: UInt8.self)
        }
    }
}
