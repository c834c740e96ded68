import Crypto
import FoundationEssentials

/// The public half of an NKey, as in `UABC…`: 56 characters, with a checksum.
package struct NKeyPublic: Sendable, Hashable, LosslessStringConvertible {
    package let kind: KeyKind
    /// The 32 bytes of the Ed25519 key.
    package let bytes: [UInt8]

    init(kind: KeyKind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }

    /// Nil for what is no key, mistyped, or of another kind than those of ``KeyKind``.
    package init?(_ text: String) {
        guard let decoded = Base32.decode(text).flatMap(Checksum.removed), decoded.count == 33,
            let kind = KeyKind(prefix: decoded[0])
        else { return nil }
        self.init(kind: kind, bytes: Array(decoded.dropFirst()))
    }

    package var text: String { Base32.encode(Checksum.appended(to: [kind.prefix] + bytes)) }
    package var description: String { text }

    package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}
