/// The server's `err_code`, which says more than its HTTP-like code.
package struct JetStreamErrorCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    package static let temporarilyUnavailable = JetStreamErrorCode(rawValue: 10_008)
    package static let consumerNotFound = JetStreamErrorCode(rawValue: 10_014)
    package static let insufficientResources = JetStreamErrorCode(rawValue: 10_023)
    package static let messageNotFound = JetStreamErrorCode(rawValue: 10_037)
    package static let storageExceeded = JetStreamErrorCode(rawValue: 10_047)
    package static let streamNameInUse = JetStreamErrorCode(rawValue: 10_058)
    package static let streamNotFound = JetStreamErrorCode(rawValue: 10_059)
    /// The subject's last sequence is not the expected one.
    package static let wrongLastSequence = JetStreamErrorCode(rawValue: 10_071)
    /// Most often "maximum bytes exceeded": the stream is full and discards new messages.
    package static let storeFailed = JetStreamErrorCode(rawValue: 10_077)
}
