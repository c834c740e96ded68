import NIOCore

/// Reads the answer to an upgrade, byte by byte as it comes.
///
/// Pure. What follows an accepted answer belongs to the new protocol.
struct UpgradeAnswer {
    enum Step {
        case more
        case accepted(ResponseHead, rest: ByteBuffer)
        case refused(HTTPUpgradeRefusal)
        case invalid(String)
        /// The connection ended before the answer did.
        case ended
    }

    private static let headLimit = 64 << 10

    private let statuses: Set<Int>
    private var parser = ResponseHeadParser(takesSwitch: true)
    private var pending = ByteBuffer()
    private var headSize = 0
    private var refusal: (head: ResponseHead, framing: RefusalFraming)?

    init(statuses: Set<Int>) {
        self.statuses = statuses
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Step {
        pending.writeBytes(bytes)
        while refusal == nil {
            guard let newline = pending.readableBytesView.firstIndex(of: 0x0A) else {
                return pending.readableBytes + headSize > Self.headLimit
                    ? .invalid("the answer's head is too long") : .more
            }
            let length = newline - pending.readerIndex + 1
            headSize += length
            guard headSize <= Self.headLimit else { return .invalid("the answer's head is too long") }
            guard let line = pending.readSlice(length: length) else { return .more }
            if headSize == length, !String(buffer: line).hasPrefix("HTTP/1.") {
                return .invalid("the answer is not HTTP/1.1")
            }
            guard let head = line.withUnsafeReadableBytes({ parser.line($0) }) else { continue }
            if statuses.contains(head.status) { return .accepted(head, rest: pending) }
            refusal = (head, RefusalFraming(head))
        }
        return refused(atEnd: false)
    }

    /// The connection has ended.
    mutating func end() -> Step {
        refusal == nil ? .ended : refused(atEnd: true)
    }

    private func refused(atEnd: Bool) -> Step {
        guard let (head, framing) = refusal else { return .more }
        guard let body = framing.body(of: pending, atEnd: atEnd, limit: HTTPUpgradeRefusal.bodyLimit) else {
            return .more
        }
        return .refused(HTTPUpgradeRefusal(status: head.status, headers: head.headers, body: body))
    }
}
