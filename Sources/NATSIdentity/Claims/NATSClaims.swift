/// What a token says, under its member `nats`.
package protocol NATSClaims: Codable, Sendable, Hashable {
    /// The value of `nats.type`.
    static var type: String { get }
    /// The kind of key that it is about.
    static var subject: KeyKind { get }
    /// The kinds of key that may sign it.
    static var issuers: [KeyKind] { get }
}

/// The version of the claims that servers from 2.2 on read.
let claimsVersion = 2

/// Nothing is stored as nothing, as other implementations do.
extension KeyedEncodingContainer {
    mutating func encode(nonEmpty value: some Collection & Encodable, forKey key: Key) throws {
        if !value.isEmpty { try encode(value, forKey: key) }
    }
}
