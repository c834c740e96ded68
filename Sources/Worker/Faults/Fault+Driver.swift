import Bus
import Model
import NATSClient
import Ownership
import ProviderKit
import Store

extension Fault {
    /// What a caller is told when a driver could not do it.
    init(_ error: DriverError) {
        switch error.kind {
        case .gone:
            self.init(.boxGone, error.message)
        case .conflict:
            self.init(.providerConflict, error.message, retryAfter: 2)
        case .archiveDamaged:
            self.init(
                .archiveDamaged,
                error.message,
                hint: "Restore another checkpoint, or create another sandbox."
            )
        case .unauthorized:
            self.init(.providerUnauthorized, error.message, hint: "Check the provider's credentials of the worker.")
        case .rateLimited(let after):
            self.init(.providerRateLimited, error.message, retryAfter: after ?? 5)
        case .invalid:
            self.init(.invalidRequest, error.message)
        case .unsupported:
            self.init(.unsupported, error.message)
        case .timeout:
            self.init(.providerTimeout, error.message)
        case .transient:
            self.init(.providerFailed, error.message, hint: "Try again shortly.", retryAfter: 2)
        case .agentOffline:
            self.init(
                .agentOffline,
                error.message,
                hint: "It is used again as soon as its agent is connected.",
                retryAfter: 5
            )
        case .denied:
            self.init(.agentDenied, error.message, hint: "The machine's user can allow it in agent.json.")
        case .placementOffline:
            self.init(.placementOffline, error.message, retryAfter: 5)
        case .file(let code):
            self.init(code, error.message)
        case .processGone:
            self.init(.processNotFound, error.message)
        case .processEnded:
            self.init(.processEnded, error.message)
        case .startFailed:
            self.init(.processStartFailed, error.message)
        }
    }

    /// Any error of a handler as what its caller is told.
    static func describing(_ error: any Error) -> Fault {
        switch error {
        case let fault as Fault: fault
        case let error as DriverError: Fault(error)
        case let error as StoreError: error.fault
        case let error as BusError: error.fault
        case let error as NATSError: BusError(error).fault
        case is NoLease: .leaseLost
        case is CancellationError: Fault(.cancelled, "The operation was cancelled.")
        default: Fault(.internal, "The worker failed.")
        }
    }
}
