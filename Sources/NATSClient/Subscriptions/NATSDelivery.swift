/// What happens to messages that arrive faster than they are read.
package enum NATSDelivery: Sendable, Hashable {
    /// Nothing is dropped; unread messages use memory without bound, so the reader or the sender has to be bounded.
    case lossless
    /// The newest `n` unread messages are kept, older ones dropped and counted.
    case latest(Int)

    var limit: Int? {
        if case .latest(let count) = self { max(1, count) } else { nil }
    }
}
