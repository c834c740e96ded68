/// Status and header fields of the final response.
struct ResponseHead: Sendable, Equatable {
    var status: Int
    var headers: HTTPTransportHeaders
}

/// Gathers header lines into the final head, and what comes after it into trailers; interim responses are passed over.
struct ResponseHeadParser {
    private let takesSwitch: Bool
    private var head: ResponseHead?
    private var isDone = false
    private(set) var trailers: HTTPTransportHeaders = [:]

    /// - Parameter takesSwitch: Whether `101 Switching Protocols` is the final response.
    init(takesSwitch: Bool = false) {
        self.takesSwitch = takesSwitch
    }

    /// - Returns: the head, at the empty line that ends it.
    mutating func line(_ bytes: UnsafeRawBufferPointer) -> ResponseHead? {
        var end = bytes.endIndex
        while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        let line = String(decoding: bytes[..<end], as: UTF8.self)
        if isDone {
            if let field = Self.field(line) { trailers.add(field.name, field.value) }
        } else if line.hasPrefix("HTTP/") {
            head = Self.status(line).map { ResponseHead(status: $0, headers: [:]) }
        } else if line.isEmpty {
            guard let head, isFinal(head.status) else { return nil }
            isDone = true
            return head
        } else if let field = Self.field(line) {
            head?.headers.add(field.name, field.value)
        }
        return nil
    }

    private func isFinal(_ status: Int) -> Bool {
        !(100..<200).contains(status) || (takesSwitch && status == 101)
    }

    private static func field(_ line: String) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        return (String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
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
