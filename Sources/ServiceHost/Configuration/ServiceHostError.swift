/// Why a service did not come up.
package struct ServiceHostError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// A setting is missing or wrong.
        case configuration
        /// The bus or the database did not answer in time.
        case unreachable
        /// A file could not be written.
        case file
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
