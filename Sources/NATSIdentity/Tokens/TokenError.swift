/// Why a token or a credentials text is not what it should be.
///
/// It holds nothing of the text: that may be a secret.
package enum TokenError: Error, Sendable, Hashable {
    /// Not three parts, no JSON, or not of this version and algorithm.
    case malformed
    /// The claims are of another kind than asked for.
    case wrongKind
    /// The signature is not that of the issuer, or the issuer is of a kind that may not issue it.
    case badSignature
}
