import CurlTransport

extension SandfleetError {
    init(_ error: HTTPTransportError) {
        let delivered = error.mayHaveBeenDelivered
        switch error.code {
        case .connectFailed, .dns, .shutdown:
            self.init(.unreachable, error.message, mayHaveBeenDelivered: delivered)
        case .tls:
            self.init(.tls, error.message, mayHaveBeenDelivered: delivered)
        case .timeout:
            self.init(delivered ? .timeout : .unreachable, error.message, mayHaveBeenDelivered: delivered)
        case .aborted, .cancelled, .internal:
            self.init(.interrupted, error.message, mayHaveBeenDelivered: delivered)
        case .protocolViolation, .bodyTooLarge:
            self.init(.invalidResponse, error.message, mayHaveBeenDelivered: delivered)
        case .invalidRequest, .uploadFailed:
            self.init(.invalidRequest, error.message, mayHaveBeenDelivered: delivered)
        }
    }

    /// Runs an operation, and turns the transport's errors into the ones that callers know.
    static func translating<Result>(_ operation: () async throws -> Result) async throws -> Result {
        do {
            return try await operation()
        } catch let error as HTTPTransportError {
            switch (error.code, error.cause) {
            case (.cancelled, _): throw CancellationError()
            // What the caller's own source of bytes threw goes back to the caller.
            case (.uploadFailed, let cause?): throw cause
            default: throw SandfleetError(error)
            }
        }
    }
}
