/// The messages of a subscription, in order.
///
/// Iterate it once; it ends when the subscription or the connection does.
package final class NATSMessages: AsyncSequence, Sendable {
    package typealias Element = NATSMessage

    private let subscription: NATSSubscription
    private let mailbox: Mailbox<NATSMessage>

    init(_ subscription: NATSSubscription, _ mailbox: Mailbox<NATSMessage>) {
        self.subscription = subscription
        self.mailbox = mailbox
    }

    package var subject: String { subscription.subject }

    /// Unread messages.
    package var pendingCount: Int { mailbox.count }

    /// Messages that `.latest` dropped.
    package var droppedCount: Int { mailbox.droppedCount }

    /// Ends the interest at once.
    ///
    /// What was already received can still be read.
    package func unsubscribe() {
        subscription.unsubscribe()
    }

    /// Ends the interest, and returns when everything that had arrived can be read.
    package func drain(timeout: Duration = .seconds(30)) async {
        await subscription.drain(timeout: timeout)
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(messages: self)
    }

    package struct Iterator: AsyncIteratorProtocol {
        // Holds the subscription for as long as somebody reads.
        fileprivate let messages: NATSMessages

        package mutating func next() async -> NATSMessage? {
            await messages.mailbox.next()
        }
    }
}
