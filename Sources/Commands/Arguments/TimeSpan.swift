import ArgumentParser

/// A span of time on the command line: `500ms`, `30s`, `5m`, `1h30m`, `7d`, or plain seconds.
struct TimeSpan: Equatable, Sendable {
    private static let units: [Substring: Double] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
    ]

    let milliseconds: Int

    /// Reads a span as a person writes it.
    ///
    /// - Throws: How it is written.
    static func parse(_ text: String) throws -> TimeSpan {
        guard let milliseconds = milliseconds(text), milliseconds >= 1, milliseconds < 1e15 else {
            throw ValidationError("Write a time as 500ms, 30s, 5m, 1h30m or 7d.")
        }
        return TimeSpan(milliseconds: Int(milliseconds))
    }

    private static func milliseconds(_ text: String) -> Double? {
        if let seconds = number(text[...]) { return (seconds * 1000).rounded() }
        var rest = text[...]
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            let unit = rest[digits.endIndex...].prefix { $0.isLetter }
            guard let count = number(digits), let factor = units[unit] else { return nil }
            sum += count * factor
            rest = rest[unit.endIndex...]
        }
        return text.isEmpty ? nil : sum.rounded()
    }

    /// Digits and a point: no signs, no exponents, no infinity.
    private static func number(_ text: Substring) -> Double? {
        text.allSatisfy { $0.isASCII && $0.isNumber || $0 == "." } ? Double(text) : nil
    }

    var duration: Duration { .milliseconds(milliseconds) }
}
