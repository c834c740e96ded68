package import SwiftProtobuf

/// A request as its server sees it.
package struct IncomingCall<Request: Message & Sendable>: Sendable {
    package var request: Request
    package var requestID: String
    package var traceparent: String?
    /// Unix milliseconds of the database's clock; nil for work whose caller polls.
    package var deadline: Int64?
}
