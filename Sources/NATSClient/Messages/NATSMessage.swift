package import NIOCore

/// A message as it arrived: a copy that owns its bytes.
package struct NATSMessage: Sendable {
    package let subject: String
    /// Where the sender awaits an answer.
    package let reply: String?
    package let headers: NATSHeaders
    package let payload: ByteBuffer

    package init(subject: String, reply: String? = nil, headers: NATSHeaders = [:], payload: ByteBuffer = ByteBuffer())
    {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.payload = payload
    }

    /// The status of a message that the server itself sent, such as 100 or 404.
    package var status: Int? {
        headers["Status"].flatMap { Int($0) }
    }
}
