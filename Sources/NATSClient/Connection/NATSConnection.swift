package import Logging

/// A connection to a NATS server or cluster, which reconnects by itself until it is closed.
///
/// Nothing is published while it is down: a request that waits for a reconnect would run long after its caller gave up.
/// The library checks this a moment before it writes, so a single message may slip into the one-byte reconnect buffer;
/// who must not act late checks a deadline inside the message. A request in flight when the connection breaks waits for
/// its answer until its own timeout.
package final class NATSConnection: Sendable {
    let pointer: ConnectionPointer
    let options: NATSOptions
    let logger: Logger
    let context: ConnectionContext
    let inbox: RequestInbox
    private let inboxSubscription: NATSSubscription
    /// Connect, drain, close.
    let control: BlockingQueue
    /// Flushes wait for the server and would hold up a close.
    let flushes: BlockingQueue
    /// Requests to a server that does not read.
    let writes: BlockingQueue

    private init(
        pointer: ConnectionPointer,
        options: NATSOptions,
        context: ConnectionContext,
        control: BlockingQueue,
        logger: Logger
    ) throws {
        self.pointer = pointer
        self.options = options
        self.context = context
        self.control = control
        self.logger = logger
        flushes = BlockingQueue(label: "nats.flush")
        writes = BlockingQueue(label: "nats.write")
        let inbox = RequestInbox(table: context.requests, prefix: Inbox.unique(below: options.inboxPrefix) + ".")
        self.inbox = inbox
        inboxSubscription = try NATSSubscription(
            pointer,
            subject: inbox.subject,
            queue: nil,
            context: SubscriptionContext { inbox.receive($0) },
            pendingLimits: nil
        )
    }

    deinit {
        // Joins the library's threads, so not on whatever thread dropped the last reference.
        let pointer = pointer
        control.post { pointer.destroy() }
    }

    /// Connects, or throws after each server was tried once.
    package static func connect(_ options: NATSOptions, logger: Logger) async throws -> NATSConnection {
        try Subject.validate(options.inboxPrefix)
        let control = BlockingQueue(label: "nats.control")
        return try await control.run {
            let context = ConnectionContext(credentials: options.credentials, requests: RequestTable(), logger: logger)
            let pointer = try ConnectionPointer.connect(options, context)
            context.opened()
            do {
                return try NATSConnection(
                    pointer: pointer,
                    options: options,
                    context: context,
                    control: control,
                    logger: logger
                )
            } catch {
                pointer.destroy()
                throw error
            }
        }
    }
}
