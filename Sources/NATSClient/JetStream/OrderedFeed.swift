import Dispatch
import NIOConcurrencyHelpers

/// What an ordered consumer reads: messages, and the news that the server side has to be replaced.
final class OrderedFeed: Sendable {
    enum Event: Sendable {
        case arrived(NATSMessage, generation: Int)
        case interrupted
    }

    private static let watch = DispatchQueue(label: "nats.heartbeats")

    private let connection: NATSConnection
    private let mailbox: Mailbox<Event>
    private let silenceLimit: Duration
    private let lastArrival: NIOLockedValueBox<ContinuousClock.Instant>
    private let observer: Int

    init(_ connection: NATSConnection, silenceLimit: Duration) {
        self.connection = connection
        self.silenceLimit = silenceLimit
        lastArrival = NIOLockedValueBox(.now)
        let mailbox = Mailbox<Event>()
        self.mailbox = mailbox
        // A restarted server has forgotten the consumer.
        observer = connection.context.stateObservers.add { state in
            switch state {
            case .connected: mailbox.send(.interrupted)
            case .closed: mailbox.finish()
            case .disconnected, .draining: break
            }
        }
        if connection.state == .closed { mailbox.finish() }
        watchForSilence()
    }

    deinit {
        connection.context.stateObservers.remove(observer)
    }

    func next() async -> Event? {
        await mailbox.next()
    }

    func listen(on inbox: String, generation: Int) throws -> NATSSubscription {
        let mailbox = mailbox
        let lastArrival = lastArrival
        lastArrival.withLockedValue { $0 = .now }
        return try connection.subscribe(subject: inbox) { message in
            lastArrival.withLockedValue { $0 = .now }
            mailbox.send(.arrived(message, generation: generation))
        }
    }

    /// The server sends at least its heartbeats; without them for this long the consumer is gone.
    private func watchForSilence() {
        let wait = Int(silenceLimit.nanoseconds / 3)
        Self.watch.asyncAfter(deadline: .now() + .nanoseconds(wait)) { [weak self] in
            guard let self else { return }
            let isSilent = lastArrival.withLockedValue { last in
                guard last.duration(to: .now) > silenceLimit else { return false }
                last = .now
                return true
            }
            if isSilent { mailbox.send(.interrupted) }
            watchForSilence()
        }
    }
}
