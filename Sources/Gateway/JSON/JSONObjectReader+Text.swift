import Model

extension JSONObjectReader {
    /// A string that may go to the kernel or into a row: without NUL.
    func line(_ name: String, in lengths: ClosedRange<Int>, _ value: JSONValue) throws(Fault) -> String {
        let text = try string(value, name, in: lengths)
        guard !text.utf8.contains(0) else { throw invalid(name, "holds a NUL") }
        return text
    }

    /// The same, when it is there.
    mutating func line(_ name: String, in lengths: ClosedRange<Int>) throws(Fault) -> String? {
        guard let value = value(name) else { return nil }
        return try line(name, in: lengths, value)
    }

    /// The caller's own names and values, as they are kept in a row.
    mutating func metadata(_ name: String = "metadata") throws(Fault) -> [String: String] {
        let map = try map(name) ?? [:]
        for (key, value) in map where key.utf8.contains(0) || value.utf8.contains(0) {
            throw invalid(name, "holds a NUL")
        }
        return map
    }

    /// A point in time, ISO 8601.
    mutating func time(_ name: String) throws(Fault) -> Int64? {
        guard let text = try string(name, in: 1...64) else { return nil }
        guard let time = ISO8601.milliseconds(text) else {
            throw invalid(name, "has to be a time like 2026-01-31T12:00:00.000Z")
        }
        return time
    }
}
