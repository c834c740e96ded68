extension NATSConnection {
    /// Calls the handler for each message, on a thread of the library, until the subscription is ended or released.
    ///
    /// The handler must not block: all subscriptions of the process share a few threads. With `.latest(n)` it is not
    /// called for messages that more than `n` others wait behind.
    package func subscribe(
        subject: String,
        queue: String? = nil,
        delivery: NATSDelivery = .lossless,
        handler: @escaping @Sendable (NATSMessage) -> Void
    ) throws -> NATSSubscription {
        let context = SubscriptionContext(keepLatest: delivery.limit) { handler($0.copy()) }
        return try subscribe(subject, queue, delivery, context)
    }

    /// The messages of a subject as a sequence, until it is ended, drained or released.
    package func messages(
        subject: String,
        queue: String? = nil,
        delivery: NATSDelivery
    ) throws -> NATSMessages {
        let mailbox = Mailbox<NATSMessage>(limit: delivery.limit)
        let context = SubscriptionContext(
            onEnd: { mailbox.finish() },
            receive: { mailbox.send($0.copy()) }
        )
        return NATSMessages(try subscribe(subject, queue, delivery, context), mailbox)
    }

    private func subscribe(
        _ subject: String,
        _ queue: String?,
        _ delivery: NATSDelivery,
        _ context: SubscriptionContext
    ) throws -> NATSSubscription {
        try Subject.validate(subject)
        if let queue { try Subject.validate(queue) }
        return try NATSSubscription(
            pointer,
            subject: subject,
            queue: queue,
            context: context,
            pendingLimits: delivery == .lossless ? nil : options.pendingLimits
        )
    }
}
