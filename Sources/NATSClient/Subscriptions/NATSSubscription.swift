import CNATS

/// The library's subscription.
///
/// Sendable because cnats guards every subscription with its own lock and counts references to it.
private struct SubscriptionPointer: @unchecked Sendable {
    let raw: OpaquePointer
}

/// An interest in a subject.
///
/// It ends when it is unsubscribed, drained or released; reconnects do not end it.
package final class NATSSubscription: Sendable {
    package let subject: String
    package let queue: String?
    private let pointer: SubscriptionPointer
    private let context: SubscriptionContext

    init(
        _ connection: ConnectionPointer,
        subject: String,
        queue: String?,
        context: SubscriptionContext,
        pendingLimits: NATSOptions.PendingLimits?
    ) throws {
        self.subject = subject
        self.queue = queue
        self.context = context

        let retained = Unmanaged.passRetained(context)
        let closure = retained.toOpaque()
        var subscription: OpaquePointer?
        let handler = SubscriptionContext.messageArrived
        let status =
            if let queue {
                natsConnection_QueueSubscribe(&subscription, connection.raw, subject, queue, handler, closure)
            } else {
                natsConnection_Subscribe(&subscription, connection.raw, subject, handler, closure)
            }
        guard status == NATS_OK, let subscription else {
            retained.release()
            throw NATSError(status, "subscribe")
        }
        pointer = SubscriptionPointer(raw: subscription)
        // Negative is unlimited.
        let messages = pendingLimits.map { Int32(clamping: $0.messages) } ?? -1
        let bytes = pendingLimits.map { Int32(clamping: $0.bytes) } ?? -1
        try NATSError.check(natsSubscription_SetPendingLimits(subscription, messages, bytes), "subscribe")
        // If the connection closed meanwhile this fails, and the context stays: a handler may still be running.
        let ended = SubscriptionContext.subscriptionEnded
        try NATSError.check(natsSubscription_SetOnCompleteCB(subscription, ended, closure), "subscribe")
    }

    deinit {
        natsSubscription_Destroy(pointer.raw)
    }

    /// Messages that `.latest` kept from the handler.
    package var droppedCount: Int { context.droppedCount }

    /// Ends the interest at once; messages that have arrived but were not handled are discarded.
    package func unsubscribe() {
        // Fails only if it has ended already.
        _ = natsSubscription_Unsubscribe(pointer.raw)
    }

    /// Ends the interest, and returns when everything that had arrived is handled.
    package func drain(timeout: Duration = .seconds(30)) async {
        if natsSubscription_DrainTimeout(pointer.raw, timeout.milliseconds) != NATS_OK {
            unsubscribe()
        }
        await context.ended.wait()
    }
}
