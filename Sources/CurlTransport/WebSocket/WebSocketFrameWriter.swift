import NIOCore
import NIOWebSocket

/// Writes the frames of a client: masked, each with a key of its own.
enum WebSocketFrameWriter {
    static func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, isFinal: Bool = true) -> ByteBuffer {
        let count = payload.readableBytes
        var frame = ByteBufferAllocator().buffer(capacity: count + 14)
        frame.writeInteger((isFinal ? 0x80 : 0) | UInt8(webSocketOpcode: opcode))
        switch count {
        case ...125: frame.writeInteger(0x80 | UInt8(count))
        case ...0xFFFF:
            frame.writeInteger(0x80 | UInt8(126))
            frame.writeInteger(UInt16(count))
        default:
            frame.writeInteger(0x80 | UInt8(127))
            frame.writeInteger(UInt64(count))
        }
        let key = UInt32.random(in: .min ... .max)
        frame.writeInteger(key)
        frame.writeImmutableBuffer(payload)
        mask(&frame, last: count, with: key)
        return frame
    }

    static func close(_ code: UInt16, _ reason: String) -> ByteBuffer {
        var payload = ByteBuffer()
        // 1005 stands for no code, and is never sent.
        if code != 1005 {
            payload.writeInteger(code)
            payload.writeString(String(decoding: Array(reason.utf8.prefix(123)), as: UTF8.self).prefixed(bytes: 123))
        }
        return frame(.connectionClose, payload)
    }

    /// The same words in pieces of eight bytes: NIO's goes byte by byte.
    private static func mask(_ frame: inout ByteBuffer, last count: Int, with key: UInt32) {
        let start = frame.readableBytes - count
        frame.withUnsafeMutableReadableBytes { bytes in
            let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
            let wide = (UInt64(key) << 32 | UInt64(key)).bigEndian
            var offset = 0
            while offset + 8 <= count {
                let word = payload.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                payload.storeBytes(of: word ^ wide, toByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            while offset < count {
                payload[offset] ^= UInt8(truncatingIfNeeded: key >> UInt32(24 - offset % 4 * 8))
                offset += 1
            }
        }
    }
}

extension String {
    /// As many whole characters as fit.
    fileprivate func prefixed(bytes limit: Int) -> String {
        var text = self
        while text.utf8.count > limit { text.removeLast() }
        return text
    }
}
