package import CurlTransport
import Glibc
package import NIOCore

/// Takes a `multipart` body apart, whatever pieces it comes in.
///
/// Pure. Content is given out as it arrives, but for the few bytes that may begin a boundary.
package struct MultipartParser {
    package enum Event: Sendable {
        /// A part begins.
        case part(HTTPTransportHeaders)
        /// More of its content.
        case bytes(ByteBuffer)
        /// The part is complete.
        case partEnd
        /// The last part was complete.
        case end
    }

    package struct Malformed: Error {}

    private enum State {
        case preamble
        /// After a boundary.
        case boundary
        case head
        case content
        case done
    }

    private static let headLimit = 16 << 10

    private let delimiter: [UInt8]
    private var state = State.preamble
    // The first boundary may stand at the very beginning, without the line end before it.
    private var input = ByteBuffer(string: "\r\n")
    private var isPartEnding = false

    package init?(contentType: String) {
        guard contentType.lowercased().hasPrefix("multipart/"),
            let start = contentType.lowercased().firstRange(of: "boundary=")
        else { return nil }
        var boundary = contentType[start.upperBound...].prefix { $0 != ";" }
        while boundary.last == " " { boundary.removeLast() }
        if boundary.hasPrefix("\""), boundary.hasSuffix("\""), boundary.count > 1 {
            boundary = boundary.dropFirst().dropLast()
        }
        guard !boundary.isEmpty, boundary.utf8.count <= 70 else { return nil }
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    package mutating func feed(_ bytes: ByteBuffer) {
        // A fresh buffer: slices of the old one were given out.
        var joined = ByteBufferAllocator().buffer(capacity: input.readableBytes + bytes.readableBytes)
        joined.writeImmutableBuffer(input)
        joined.writeImmutableBuffer(bytes)
        input = joined
    }

    /// The next event; nil until more bytes have come.
    package mutating func next() throws(Malformed) -> Event? {
        while true {
            switch state {
            case .preamble:
                guard let position = find() else {
                    _ = takeSafe()
                    return nil
                }
                input.moveReaderIndex(forwardBy: position + delimiter.count)
                state = .boundary
            case .boundary:
                if isPartEnding {
                    isPartEnding = false
                    return .partEnd
                }
                guard try passBoundary() else { return nil }
                if case .done = state { return .end }
            case .head:
                guard let head = try head() else { return nil }
                state = .content
                return .part(head)
            case .content:
                guard let position = find() else { return takeSafe().map { .bytes($0) } }
                let last = input.readSlice(length: position)
                input.moveReaderIndex(forwardBy: delimiter.count)
                state = .boundary
                isPartEnding = true
                if let last, last.readableBytes > 0 { return .bytes(last) }
            case .done: return nil
            }
        }
    }

    /// What follows a boundary: the end, or the head of a part.
    ///
    /// - Returns: Whether enough of it has come.
    private mutating func passBoundary() throws(Malformed) -> Bool {
        guard let next = input.getString(at: input.readerIndex, length: 2) else { return false }
        if next == "--" {
            state = .done
            return true
        }
        // White space may stand before the line's end. The end stays, so that an empty head is two of them.
        while let byte = input.getInteger(at: input.readerIndex, as: UInt8.self), byte == 0x20 || byte == 0x09 {
            input.moveReaderIndex(forwardBy: 1)
        }
        guard let end = input.getString(at: input.readerIndex, length: 2) else { return false }
        guard end == "\r\n" else { throw Malformed() }
        state = .head
        return true
    }

    private mutating func head() throws(Malformed) -> HTTPTransportHeaders? {
        guard let position = find(Array("\r\n\r\n".utf8)) else {
            guard input.readableBytes <= Self.headLimit else { throw Malformed() }
            return nil
        }
        let text = input.readString(length: position) ?? ""
        input.moveReaderIndex(forwardBy: 4)
        var headers: HTTPTransportHeaders = [:]
        for line in text.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed() }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.add(String(line[..<colon]), String(value))
        }
        return headers
    }

    /// Everything that cannot be the beginning of a boundary.
    private mutating func takeSafe() -> ByteBuffer? {
        let count = input.readableBytes - delimiter.count + 1
        return count > 0 ? input.readSlice(length: count) : nil
    }

    private func find(_ wanted: [UInt8]? = nil) -> Int? {
        let wanted = wanted ?? delimiter
        return input.withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress else { return nil }
            var from = 0
            // Every boundary begins with a carriage return.
            while from + wanted.count <= bytes.count, let found = memchr(start + from, 0x0D, bytes.count - from) {
                let position = UnsafeRawPointer(found) - start
                guard position + wanted.count <= bytes.count else { return nil }
                if memcmp(found, wanted, wanted.count) == 0 { return position }
                from = position + 1
            }
            return nil
        }
    }
}

extension HTTPTransportHeaders {
    /// A parameter of the part's `Content-Disposition`: `name`, `filename`.
    package func disposition(_ parameter: String) -> String? {
        guard let value = self["Content-Disposition"] else { return nil }
        for piece in value.split(separator: ";").dropFirst() {
            let pair = piece.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased() == parameter else { continue }
            let text = pair[1]
            let isQuoted = text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"")
            return isQuoted ? String(text.dropFirst().dropLast()) : String(text)
        }
        return nil
    }
}
