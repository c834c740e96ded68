/// Why an object could not be stored, read or deleted.
package struct ArchiveError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case notFound
        case invalidName
        /// There is no room for more.
        case full
        /// The object is not what was stored.
        case damaged
        /// The store does not work for now.
        case unavailable
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
