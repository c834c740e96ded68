extension NATSConnection {
    package var state: NATSConnectionState { context.current }

    /// Since when it has been up without a gap; nil while it is down.
    package var connectedSince: ContinuousClock.Instant? {
        // The library knows of a break a moment before its callback has run.
        pointer.isConnected ? context.connectedSince : nil
    }

    package var serverInfo: NATSServerInfo { pointer.serverInfo }

    /// How often the library dropped messages because a subscription exceeded its pending limits.
    package var slowConsumerCount: Int { context.slowConsumers }

    /// Requests that await their answer.
    package var pendingRequestCount: Int { context.requests.count }

    /// The current state, then each change; ends after closed.
    ///
    /// A reader that lags keeps the newest 16.
    package var stateChanges: AsyncStream<NATSConnectionState> {
        let context = context
        let (stream, continuation) = AsyncStream.makeStream(
            of: NATSConnectionState.self,
            bufferingPolicy: .bufferingNewest(16)
        )
        let id = context.observeState { state in
            continuation.yield(state)
            if state == .closed { continuation.finish() }
        }
        continuation.onTermination = { _ in context.stateObservers.remove(id) }
        return stream
    }

    /// Permission violations, slow consumers and other asynchronous errors from now on; the newest 64 are kept.
    package var events: AsyncStream<NATSEvent> {
        let context = context
        let (stream, continuation) = AsyncStream.makeStream(of: NATSEvent.self, bufferingPolicy: .bufferingNewest(64))
        let id = context.eventObservers.add { continuation.yield($0) }
        let end = context.observeState { if $0 == .closed { continuation.finish() } }
        continuation.onTermination = { _ in
            context.eventObservers.remove(id)
            context.stateObservers.remove(end)
        }
        return stream
    }
}
