/// An error that crosses a process border: from a worker over the bus to the gateway, and from there to the caller.
///
/// It never holds secrets, bodies or environment values: whatever is in here may be shown to the caller and logged.
package struct Fault: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    package var code: FaultCode
    /// One sentence for a person: what happened.
    package var message: String
    /// What the caller can do about it, when there is something.
    package var hint: String?
    /// Seconds after which trying again makes sense.
    package var retryAfter: Int?
    /// What is known beyond the message: field, path, status, ids.
    package var details: [String: String]

    package init(
        _ code: FaultCode,
        _ message: String,
        hint: String? = nil,
        retryAfter: Int? = nil,
        details: [String: String] = [:]
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.retryAfter = retryAfter
        self.details = details
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
