import Bus
import Hummingbird
package import Model
import NATSClient
import NIOCore
import ProcessOutput
import Store

extension Fault {
    /// What a caller is told about any error that reaches the edge.
    package init(caught error: any Error) {
        switch error {
        case let fault as Fault: self = fault
        case let error as BusError: self = error.fault
        case let error as NATSError: self = BusError(error).fault
        case let error as StoreError: self = error.fault
        case let error as OutputError: self.init(output: error)
        case is CancellationError: self.init(.cancelled, "The request was cancelled.")
        case is NIOTooManyBytesError: self.init(.bodyTooLarge, "The body is larger than this endpoint takes.")
        case let error as HTTPError where error.status == .notFound: self.init(.notFound, "There is no such route.")
        case let error as HTTPError where error.status.code == 413:
            self.init(.bodyTooLarge, "The body is larger than this endpoint takes.")
        case let error as HTTPError where error.status.kind == .clientError:
            self.init(.invalidRequest, "The request cannot be understood.")
        default: self.init(.internal, "Something went wrong inside the gateway.")
        }
    }

    private init(output error: OutputError) {
        switch error {
        case .expired(let last):
            self.init(
                .outputExpired,
                "This part of the output is not kept any more.",
                hint: "Read from a later chunk.",
                details: ["lastExpiredSeq": "\(last)"]
            )
        case .unavailable:
            self.init(
                .busUnavailable,
                "Stored output cannot be read at the moment.",
                hint: "Try again shortly.",
                retryAfter: 2
            )
        case .fenced, .outdated, .malformed:
            self.init(.internal, "The stored output cannot be used.")
        }
    }

    /// Adds what is known besides, without replacing anything.
    func adding(_ details: [String: String]) -> Fault {
        var fault = self
        fault.details.merge(details) { own, _ in own }
        return fault
    }
}
