import CNATS
import NIOConcurrencyHelpers

/// What the library's callbacks of one subscription know.
///
/// It lives until the library says that none follows.
final class SubscriptionContext: Sendable {
    let ended = Latch()
    private let keepLatest: Int?
    private let dropped = NIOLockedValueBox(0)
    private let onEnd: @Sendable () -> Void
    private let receive: @Sendable (RawMessage) -> Void

    init(
        keepLatest: Int? = nil,
        onEnd: @escaping @Sendable () -> Void = {},
        receive: @escaping @Sendable (RawMessage) -> Void
    ) {
        self.keepLatest = keepLatest
        self.onEnd = onEnd
        self.receive = receive
    }

    var droppedCount: Int { dropped.withLockedValue { $0 } }

    static let messageArrived: natsMsgHandler = { _, subscription, message, closure in
        guard let message else { return }
        defer { natsMsg_Destroy(message) }
        guard let closure else { return }
        let context = Unmanaged<SubscriptionContext>.fromOpaque(closure).takeUnretainedValue()
        if context.isOutdated(subscription) {
            context.dropped.withLockedValue { $0 += 1 }
        } else {
            context.receive(RawMessage(raw: message))
        }
    }

    static let subscriptionEnded: natsOnCompleteCB = { closure in
        guard let closure else { return }
        // Gives back the reference taken at subscribe.
        let context = Unmanaged<SubscriptionContext>.fromOpaque(closure).takeRetainedValue()
        context.onEnd()
        context.ended.open()
    }

    /// Whether at least as many newer messages wait as are to be kept.
    private func isOutdated(_ subscription: OpaquePointer?) -> Bool {
        guard let keepLatest else { return false }
        var waiting: Int32 = 0
        guard natsSubscription_GetPending(subscription, &waiting, nil) == NATS_OK else { return false }
        return Int(waiting) >= keepLatest
    }
}
