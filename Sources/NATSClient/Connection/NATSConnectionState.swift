/// Where a connection stands.
package enum NATSConnectionState: Sendable, Hashable {
    case connected
    /// Down; the library reconnects by itself, subscriptions live on, publishing is refused.
    case disconnected
    /// Delivering what has arrived, then closed.
    case draining
    /// Closed for good, by us or after repeated refusals of our credentials.
    case closed
}
