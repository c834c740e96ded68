/// A word from a set that may grow: unknown words are kept, not refused.
public protocol OpenValue: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible
where RawValue == String {
    /// Wraps a word, known or not.
    init(rawValue: String)
}

extension OpenValue {
    /// Reads a word from a JSON string.
    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the word as a JSON string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// The word.
    public var description: String { rawValue }
}
