/// The server that a connection currently talks to.
package struct NATSServerInfo: Sendable, Hashable {
    package let id: String
    package let url: String
    /// Largest message in bytes, headers included.
    package let maximumPayload: Int
}
