/// What travels with a request besides its body.
package struct CallContext: Sendable {
    package var requestID: String
    /// When the caller will have gone; nil for work whose caller shows by polling that it is still there.
    package var deadline: ContinuousClock.Instant?
    package var traceparent: String?

    package init(requestID: String, deadline: ContinuousClock.Instant?, traceparent: String? = nil) {
        self.requestID = requestID
        self.deadline = deadline
        self.traceparent = traceparent
    }
}

/// Names of the headers on the bus.
enum Header {
    static let requestID = "Sandfleet-Request-Id"
    /// Unix milliseconds of the database's clock.
    static let deadline = "Sandfleet-Deadline"
    static let traceparent = "traceparent"
    static let contentType = "Content-Type"
    static let json = "application/json"
    static let serviceError = "Nats-Service-Error"
    static let serviceErrorCode = "Nats-Service-Error-Code"
}
