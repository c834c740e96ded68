import Crypto
import FoundationEssentials

/// What proves to a receiver that a call is ours, and when it was made.
enum WebhookSignature {
    /// `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`.
    static func header(secret: String, body: String, at seconds: Int64) -> String {
        let signed = Data("\(seconds).\(body)".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: Data(secret.utf8)))
        return "t=\(seconds),v1=\(code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())"
    }
}
