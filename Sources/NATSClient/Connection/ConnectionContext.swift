import Logging
import NIOConcurrencyHelpers

/// What the library's callbacks of one connection know.
///
/// It lives until the closed callback.
final class ConnectionContext: Sendable {
    private struct State {
        var current: NATSConnectionState?
        var connectedSince: ContinuousClock.Instant?
        var slowConsumers = 0
        /// We close it ourselves: the disconnect that goes with it is no news.
        var isClosing = false
    }

    let credentials: CredentialSource
    let requests: RequestTable
    let closed = Latch()
    let stateObservers = Observers<NATSConnectionState>()
    let eventObservers = Observers<NATSEvent>()
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    init(credentials: NATSCredentials, requests: RequestTable, logger: Logger) {
        self.credentials = CredentialSource(credentials)
        self.requests = requests
        self.logger = logger
    }

    var current: NATSConnectionState { state.withLockedValue { $0.current ?? .disconnected } }
    var connectedSince: ContinuousClock.Instant? { state.withLockedValue { $0.connectedSince } }
    var slowConsumers: Int { state.withLockedValue { $0.slowConsumers } }

    /// Tells the current state, then each change; a change at this moment may be told twice, never out of order.
    func observeState(_ observer: @escaping Observers<NATSConnectionState>.Observer) -> Int {
        state.withLockedValue { state in
            observer(state.current ?? .disconnected)
            return stateObservers.add(observer)
        }
    }

    /// The first connect returned.
    ///
    /// A disconnect that was reported before it stands.
    func opened() {
        state.withLockedValue { state in
            guard state.current == nil else { return }
            state.current = .connected
            state.connectedSince = .now
        }
    }

    func closing() {
        state.withLockedValue { $0.isClosing = true }
        requests.close()
    }

    func moved(to new: NATSConnectionState) {
        let isNew = state.withLockedValue { state in
            guard state.current != .closed, state.current != new else { return false }
            // A connection that drains says so until it is closed.
            if state.isClosing || state.current == .draining, new != .closed { return false }
            state.current = new
            if new != .draining { state.connectedSince = new == .connected ? .now : nil }
            return true
        }
        guard isNew else { return }
        logger.info("NATS connection changed state", metadata: ["nats.state": "\(new)"])
        if new == .closed { requests.close() }
        if new == .disconnected { requests.disconnected() }
        stateObservers.notify(new)
        if new == .closed { closed.open() }
    }

    func reported(_ event: NATSEvent) {
        switch event {
        case .permissionViolation(let violation):
            logger.error(
                "NATS permission violation",
                metadata: ["nats.operation": "\(violation.operation)", "nats.subject": "\(violation.subject)"]
            )
            if violation.operation == .publish {
                requests.fail(subject: violation.subject, NATSError(.permissionViolation, "request"))
            }
        case .slowConsumer(let subject):
            state.withLockedValue { $0.slowConsumers += 1 }
            logger.warning("NATS slow consumer, messages dropped", metadata: ["nats.subject": "\(subject)"])
        case .error(let error):
            logger.warning("NATS asynchronous error", metadata: ["error": "\(error)"])
        }
        eventObservers.notify(event)
    }
}
