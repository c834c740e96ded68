import CNATS
import NIOCore

/// A message that still belongs to the library; valid only inside its callback.
struct RawMessage {
    let raw: OpaquePointer

    var isNoResponders: Bool { natsMsg_IsNoResponders(raw) }

    /// The number that ends the subject, read without making a string of it.
    func trailingNumber(after prefixLength: Int) -> UInt64? {
        guard let subject = natsMsg_GetSubject(raw) else { return nil }
        var number: UInt64 = 0
        var index = 0
        while subject[index] != 0 {
            if index >= prefixLength {
                let digit = subject[index] &- 0x30
                guard digit >= 0, digit <= 9 else { return nil }
                number = number &* 10 &+ UInt64(digit)
            }
            index += 1
        }
        return index > prefixLength ? number : nil
    }

    /// The one copy of the payload between the socket's buffer and the application.
    func copy() -> NATSMessage {
        var payload = ByteBuffer()
        let length = Int(natsMsg_GetDataLength(raw))
        if length > 0, let data = natsMsg_GetData(raw) {
            payload = ByteBuffer(bytes: UnsafeRawBufferPointer(start: data, count: length))
        }
        return NATSMessage(
            subject: natsMsg_GetSubject(raw).map { String(cString: $0) } ?? "",
            reply: natsMsg_GetReply(raw).map { String(cString: $0) },
            headers: NATSHeaders(copying: raw),
            payload: payload
        )
    }
}
