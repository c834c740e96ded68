/// Status and header fields of the final response.
struct ResponseHead: Sendable, Equatable {
    var status: Int
    var headers: HTTPTransportHeaders
}

/// Gathers libcurl's header lines into the final head; interim responses and trailers are passed over.
struct ResponseHeadParser {
    private var head: ResponseHead?
    private var isDone = false

    /// - Returns: the head, at the empty line that ends it.
    mutating func line(_ bytes: UnsafeRawBufferPointer) -> ResponseHead? {
        guard !isDone else { return nil }
        var end = bytes.endIndex
        while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        let line = String(decoding: bytes[..<end], as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            head = Self.status(line).map { ResponseHead(status: $0, headers: [:]) }
        } else if line.isEmpty {
            guard let head, !(100..<200).contains(head.status) else { return nil }
            isDone = true
            return head
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            head?.headers.add(String(line[..<colon]), Self.trimmed(value))
        }
        return nil
    }

    private static func status(_ line: String) -> Int? {
        let parts = line.split(separator: " ", maxSplits: 2)
        return parts.count > 1 ? Int(parts[1]) : nil
    }

    private static func trimmed(_ value: Substring) -> String {
        var value = value.drop { $0 == " " || $0 == "\t" }
        while let last = value.last, last == " " || last == "\t" { value.removeLast() }
        return String(value)
    }
}
