package import FoundationEssentials

/// JSON as the API writes it: times are ISO 8601 in UTC, with or without fractions of a second.
package enum APICoding {
    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = date(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an ISO 8601 time")
            }
            return date
        }
        return decoder
    }

    package static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(text(date))
        }
        return encoder
    }

    /// A time with its milliseconds.
    package static func text(_ date: Date) -> String {
        // The format cuts off what is below a millisecond, and most milliseconds are a little less than their digits say.
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        let rounded = Date(timeIntervalSince1970: (milliseconds + 0.1) / 1000)
        return rounded.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func date(_ text: String) -> Date? {
        // Microseconds, as databases print them, are more digits than the format takes.
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return try? Date.ISO8601FormatStyle().parse(text) }
        let digits = parts[1].prefix { $0.isNumber }
        let zone = parts[1].dropFirst(digits.count)
        let normal = "\(parts[0]).\(digits.prefix(3))\(zone)"
        return try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(normal)
    }
}
