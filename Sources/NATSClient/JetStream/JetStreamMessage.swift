package import NIOCore

/// A message as it is stored.
package struct JetStreamMessage: Sendable {
    package let stream: String
    package let subject: String
    /// Its place in the stream, from 1.
    package let sequence: UInt64
    package let headers: NATSHeaders
    package let payload: ByteBuffer
}

extension JetStreamMessage {
    /// An answer of the direct API: the message itself, described by headers.
    ///
    /// Nil if there is no such message.
    init?(direct reply: NATSMessage) throws {
        if reply.status == 404 { return nil }
        if let status = reply.status {
            throw NATSError(.malformedResponse, "direct read answered status \(status)")
        }
        guard
            let stream = reply.headers["Nats-Stream"],
            let subject = reply.headers["Nats-Subject"],
            let sequence = reply.headers["Nats-Sequence"].flatMap({ UInt64($0) })
        else {
            throw NATSError(.malformedResponse, "direct read answered no sequence")
        }
        self.init(
            stream: stream,
            subject: subject,
            sequence: sequence,
            headers: reply.headers.dropping(["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp"]),
            payload: reply.payload
        )
    }
}

extension NATSHeaders {
    fileprivate func dropping(_ names: [String]) -> NATSHeaders {
        var kept = self
        for name in names { kept[name] = nil }
        return kept
    }
}
