package import Model
import NATSClient

/// Why a call over the bus has no answer, or which answer it was.
package struct BusError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// Nobody listens: the request was provably not delivered.
        case noResponders
        /// No answer in time: the request may have been carried out.
        case timeout
        /// Not connected, so nothing was sent.
        case disconnected
        /// The other side answered with a fault.
        case remote
        /// The connection broke, or the answer could not be read: the request may have been carried out.
        case unknown
    }

    package var code: Code
    package var fault: Fault

    package init(_ code: Code, _ fault: Fault) {
        self.code = code
        self.fault = fault
    }

    package static let noResponders = BusError(
        .noResponders,
        Fault(.noWorker, "Nobody serves this at the moment.", hint: "Try again shortly.", retryAfter: 2)
    )
    package static let timeout = BusError(
        .timeout,
        Fault(.deadlineExceeded, "There was no answer before the deadline; the outcome is not known.")
    )
    package static let disconnected = BusError(
        .disconnected,
        Fault(.busUnavailable, "The message bus cannot be reached.", hint: "Try again shortly.", retryAfter: 2)
    )
    package static let unknown = BusError(
        .unknown,
        Fault(.outcomeUnknown, "The connection to the bus broke before there was an answer.", retryAfter: 2)
    )

    package static func remote(_ fault: Fault) -> BusError { BusError(.remote, fault) }

    package var description: String { fault.description }
}
