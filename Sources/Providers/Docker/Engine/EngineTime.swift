import FoundationEssentials

/// The engine's times: RFC 3339 with nanoseconds.
enum EngineTime {
    static func date(_ text: String) -> Date? {
        // Foundation reads fractions of three digits at most on some systems: seconds are enough.
        let parts = text.split(separator: ".", maxSplits: 1)
        guard let first = parts.first else { return nil }
        let zone = parts.count == 2 ? parts[1].drop { $0.isNumber } : ""
        return try? Date(String(first) + String(zone), strategy: .iso8601)
    }
}
