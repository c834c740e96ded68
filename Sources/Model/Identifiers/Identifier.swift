/// A durable id: 26 characters, the lowercase Crockford base32 of a ULID.
///
/// One spelling serves as NATS token, DNS label, path segment and primary key. The phantom type keeps a sandbox's id
/// from being handed in where a worker's is meant.
package struct Identifier<Kind: Sendable>: Hashable, Sendable, Comparable, LosslessStringConvertible {
    /// The 26 characters.
    package let rawValue: String

    package var description: String { rawValue }

    /// Accepts exactly the canonical spelling; anything else is nil, so that no two spellings name one thing.
    package init?(_ text: String) {
        guard ULID.isCanonical(text) else { return nil }
        rawValue = text
    }

    /// Makes a new id: sortable by time, random within one millisecond.
    ///
    /// - Parameters:
    ///   - milliseconds: Unix time in milliseconds.
    ///   - generator: The source of the 80 random bits.
    package init(at milliseconds: UInt64, using generator: inout some RandomNumberGenerator) {
        rawValue = ULID.encode(milliseconds: milliseconds, using: &generator)
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an id")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
