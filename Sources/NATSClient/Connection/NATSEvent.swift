/// What the server or the library reports outside of any call.
package enum NATSEvent: Sendable {
    case permissionViolation(NATSPermissionViolation)
    /// The library dropped messages of this subject because its pending limits were exceeded.
    case slowConsumer(subject: String)
    case error(NATSError)
}

/// The server refused a publish or a subscription.
package struct NATSPermissionViolation: Sendable, Hashable {
    package enum Operation: Sendable, Hashable {
        case publish
        case subscribe
    }

    package let operation: Operation
    package let subject: String
}

extension NATSPermissionViolation {
    /// Reads the server's text, `Permissions Violation for Publish to "orders.new"`.
    init?(serverError text: String) {
        guard text.range(ofASCII: "permissions violation") != nil else { return nil }
        operation = text.range(ofASCII: "violation for subscription") != nil ? .subscribe : .publish
        let quoted = text.split(separator: "\"", omittingEmptySubsequences: false)
        subject = quoted.count > 1 ? String(quoted[1]) : ""
    }
}

extension String {
    /// Finds lowercase ASCII text regardless of case.
    fileprivate func range(ofASCII needle: String) -> Range<String.Index>? {
        lowercased().firstRange(of: needle)
    }
}
