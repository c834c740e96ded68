import Crypto
import HTTPTypes
import Hummingbird
import Model
import Store

extension Request {
    /// The caller's promise that a repeat is the same create, when it gives one.
    func idempotencyKey(bodyHash: [UInt8]) throws(Fault) -> IdempotencyKey? {
        guard let key = headers[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count) else {
            throw Fault(.invalidRequest, "Idempotency-Key has to have 1 to 255 bytes.")
        }
        return IdempotencyKey(key: key, bodyHash: bodyHash)
    }
}

extension IdempotencyKey {
    /// The key as the name of an operation: any bytes become letters and digits.
    var token: String {
        SHA256.hash(data: Array(key.utf8)).prefix(16).map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
    }
}
