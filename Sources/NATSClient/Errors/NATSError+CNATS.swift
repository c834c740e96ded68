import CNATS

extension NATSError {
    /// The error of a failed library call.
    init(_ status: natsStatus, _ operation: String) {
        let text = natsStatus_GetText(status).map { String(cString: $0) } ?? "status \(status.rawValue)"
        self.init(Code(status), "\(operation): \(text)")
    }

    static func check(_ status: natsStatus, _ operation: String) throws(NATSError) {
        if status != NATS_OK { throw NATSError(status, operation) }
    }
}

extension NATSError.Code {
    init(_ status: natsStatus) {
        switch status {
        case NATS_CONNECTION_CLOSED, NATS_INVALID_SUBSCRIPTION: self = .closed
        case NATS_NO_SERVER: self = .connectFailed
        case NATS_CONNECTION_AUTH_FAILED: self = .authenticationFailed
        // A message whose write failed is the last on its socket and incomplete there: it was not delivered.
        case NATS_CONNECTION_DISCONNECTED, NATS_STALE_CONNECTION, NATS_IO_ERROR, NATS_INSUFFICIENT_BUFFER:
            self = .disconnected
        case NATS_TIMEOUT: self = .timeout
        case NATS_DRAINING: self = .draining
        case NATS_MAX_PAYLOAD: self = .payloadTooLarge
        case NATS_NOT_PERMITTED: self = .permissionViolation
        case NATS_SLOW_CONSUMER: self = .slowConsumer
        case NATS_INVALID_SUBJECT: self = .invalidSubject
        case NATS_NO_RESPONDERS: self = .noResponders
        default: self = .library
        }
    }
}
