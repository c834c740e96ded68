import NATSClient

extension NATSError {
    /// Whether a broker that restarts, elects a leader or is too busy explains it.
    var mayPass: Bool {
        switch code {
        case .disconnected, .interrupted, .noResponders, .timeout, .malformedResponse: true
        case .jetStream(.temporarilyUnavailable), .jetStream(.insufficientResources): true
        default: false
        }
    }
}
