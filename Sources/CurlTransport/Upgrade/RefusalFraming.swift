import NIOCore

/// How long the body of a refused upgrade is.
enum RefusalFraming {
    case length(Int)
    case chunked
    case untilEnd

    init(_ head: ResponseHead) {
        if head.status == 204 || head.status == 304 {
            self = .length(0)
        } else if head.headers["Transfer-Encoding"]?.lowercased().hasSuffix("chunked") == true {
            self = .chunked
        } else if let length = head.headers["Content-Length"].flatMap({ Int($0) }), length >= 0 {
            self = .length(length)
        } else {
            self = .untilEnd
        }
    }

    /// The body, once it is complete, too long, or nothing more comes; cut at the limit.
    func body(of bytes: ByteBuffer, atEnd: Bool, limit: Int) -> ByteBuffer? {
        let (body, isComplete) =
            switch self {
            case .length(let length): (bytes.prefix(length), bytes.readableBytes >= length)
            case .chunked: Self.unchunked(bytes)
            case .untilEnd: (bytes, false)
            }
        guard isComplete || atEnd || body.readableBytes >= limit else { return nil }
        return body.prefix(limit)
    }

    private static func unchunked(_ bytes: ByteBuffer) -> (ByteBuffer, isComplete: Bool) {
        var rest = bytes
        var body = ByteBuffer()
        while let newline = rest.readableBytesView.firstIndex(of: 0x0A),
            let line = rest.readString(length: newline - rest.readerIndex + 1)
        {
            let digits = line.prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16), size > 0 else { return (body, true) }
            var chunk = rest.prefix(size)
            let count = chunk.readableBytes
            body.writeBuffer(&chunk)
            guard count == size, rest.readableBytes >= size + 2 else { return (body, false) }
            rest.moveReaderIndex(forwardBy: size + 2)
        }
        return (body, false)
    }
}

extension ByteBuffer {
    fileprivate func prefix(_ count: Int) -> ByteBuffer {
        getSlice(at: readerIndex, length: min(count, readableBytes)) ?? ByteBuffer()
    }
}
