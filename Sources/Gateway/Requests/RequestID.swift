import HTTPTypes
import Hummingbird
import Model

/// The name of one request in answers, log lines and on the bus.
enum RequestName {
    static let header = HTTPField.Name.requestID

    /// The caller's own, when it is fit to be logged; otherwise a new one.
    static func of(_ request: Request) -> String {
        if let given = request.headers[header], isSane(given) { return given }
        return ID.new(of: Kind.Operation.self).rawValue
    }

    private static func isSane(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy(isTokenByte)
    }

    /// Letters, digits and `. _ : -`: harmless in headers, logs and subjects' bodies.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension HTTPField.Name {
    /// A name that is known to be legal; the initialiser is failable for those that are not.
    private static func own(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .date }

    static let requestID = own("X-Request-Id")
    static let operationID = own("X-Operation-Id")
    static let apiKey = own("X-API-Key")
    static let idempotencyKey = own("Idempotency-Key")
    static let traceparent = own("traceparent")
    static let contentDigest = own("Content-Digest")
    static let digest = own("Digest")
    static let fileMode = own("X-File-Mode")
    static let processID = own("X-Process-Id")
    static let lastEventID = own("Last-Event-ID")
}
