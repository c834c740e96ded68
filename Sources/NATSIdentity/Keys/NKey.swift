import Crypto
import FoundationEssentials

/// An Ed25519 key pair as NATS spells it; its seed is a secret.
package struct NKey: Sendable {
    private static let seedPrefix: UInt8 = 18 << 3

    package let kind: KeyKind
    private let key: Curve25519.Signing.PrivateKey

    private init(kind: KeyKind, key: Curve25519.Signing.PrivateKey) {
        self.kind = kind
        self.key = key
    }

    /// Makes a new one.
    package static func generate(_ kind: KeyKind) -> NKey {
        NKey(kind: kind, key: Curve25519.Signing.PrivateKey())
    }

    /// Reads a seed, as in `SUABC…`; nil when it is none.
    package init?(seed: String) {
        // Two prefixes of five bits each: that it is a seed, and the kind of key.
        guard let decoded = Base32.decode(seed).flatMap(Checksum.removed), decoded.count == 34,
            decoded[0] & 0xf8 == Self.seedPrefix, decoded[1] & 0x07 == 0,
            let kind = KeyKind(prefix: (decoded[0] & 0x07) << 5 | decoded[1] >> 3),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: decoded.dropFirst(2))
        else { return nil }
        self.init(kind: kind, key: key)
    }

    /// Secret: the key itself, 58 characters.
    package var seed: String {
        let prefixes = [Self.seedPrefix | kind.prefix >> 5, kind.prefix << 3]
        return Base32.encode(Checksum.appended(to: prefixes + Array(key.rawRepresentation)))
    }

    package var publicKey: NKeyPublic { NKeyPublic(kind: kind, bytes: Array(key.publicKey.rawRepresentation)) }

    /// The 64 bytes of the signature.
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: message))
    }
}

extension NKey: CustomStringConvertible, CustomDebugStringConvertible {
    /// Names the public half alone.
    package var description: String { publicKey.text }
    package var debugDescription: String { description }
}
