import NIOConcurrencyHelpers

/// Requests that came before, by the inbox of their answer.
///
/// While credentials are renewed two connections are subscribed, and each brings every request.
final class SeenReplies: Sendable {
    private struct State {
        var seen: Set<String> = []
        /// In the order of their coming, from `oldest` on round the end.
        var order: [String] = []
        var oldest = 0
    }

    private let capacity: Int
    private let state = NIOLockedValueBox(State())

    init(capacity: Int = 4096) { self.capacity = capacity }

    /// Whether this is the first time.
    func isNew(_ reply: String) -> Bool {
        state.withLockedValue { state in
            guard state.seen.insert(reply).inserted else { return false }
            if state.order.count < capacity {
                state.order.append(reply)
            } else {
                state.seen.remove(state.order[state.oldest])
                state.order[state.oldest] = reply
                state.oldest = (state.oldest + 1) % capacity
            }
            return true
        }
    }
}
