extension NATSHeaders {
    /// Bytes of the encoded block: version line, one line per field, empty line.
    var encodedLength: Int {
        fields.reduce(12) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }

    /// Refuses what would break out of a header line.
    func validate() throws(NATSError) {
        for field in fields {
            let nameIsValid = !field.name.isEmpty && field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
            guard nameIsValid else { throw NATSError(.invalidHeader, "a header name is not a token") }
            guard field.value.utf8.allSatisfy({ $0 != 0x0D && $0 != 0x0A && $0 != 0 }) else {
                throw NATSError(.invalidHeader, "the value of \(field.name) spans lines")
            }
        }
    }

    /// Reads an encoded block, as JetStream's message API returns it.
    init?(block: some Collection<UInt8>) {
        // "\r\n" is one Character, so the split is by lines.
        let lines = String(decoding: block, as: UTF8.self).split(separator: "\r\n")
        guard let version = lines.first, version.hasPrefix("NATS/1.0") else { return nil }
        self.init()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...]
            add(String(line[..<colon]), String(value.drop { $0 == " " }))
        }
    }
}
