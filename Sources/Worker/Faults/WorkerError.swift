/// Why a worker cannot go on.
package struct WorkerError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case fenced
        case configuration
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
