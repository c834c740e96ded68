import Dispatch
import Logging
import NIOConcurrencyHelpers

/// The pool's state decides under the lock; what it decides is done outside of it.
extension PostgresPool {
    private static let timers = DispatchQueue(label: "postgres.pool.deadlines")

    func lease() async throws -> Lease {
        // Names the waiter once it has one, for the cancellation handler.
        let waiting = NIOLockedValueBox<PoolState.WaiterID?>(nil)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue({ continuation.resume(with: $0) }, waiting: waiting)
            }
        } onCancel: {
            cancel(waiting)
        }
    }

    func giveBack(_ lease: Lease) {
        guard lease.connection.condition == .ready else { return discard(lease) }
        place(lease.connection) { $0.release(lease.id) }
    }

    func discard(_ lease: Lease) {
        let replacement = contents.withLockedValue { contents in
            contents.connections[lease.id] = nil
            return contents.state.discard(lease.id)
        }
        closeLater(lease.connection)
        if let replacement { connect(replacement) }
    }

    /// Calls the waiter with a connection, at once or later, on any thread; or with the reason why there is none.
    func enqueue(_ waiter: @escaping Waiter, waiting: NIOLockedValueBox<PoolState.WaiterID?>) {
        enum Step {
            case resume(Result<Lease, any Error>)
            case connect(PoolState.ConnectionID?)
        }
        let deadline = ContinuousClock.now.advanced(by: configuration.poolTimeout)
        let step = contents.withLockedValue { contents -> Step in
            guard !Task.isCancelled else { return .resume(.failure(CancellationError())) }
            switch contents.state.lease(deadline: deadline) {
            case .refuse: return .resume(.failure(PostgresError(.closed, "the pool is shut down")))
            case .lease(let id):
                guard let connection = contents.connections[id] else {
                    return .resume(.failure(PostgresError(.closed, "the connection is closed")))
                }
                return .resume(.success(Lease(id: id, connection: connection)))
            case .wait(let id, let connectionID):
                contents.waiters[id] = waiter
                waiting.withLockedValue { $0 = id }
                return .connect(connectionID)
            }
        }
        switch step {
        case .resume(let result): waiter(result)
        case .connect(let id):
            if let id { connect(id) }
            setTimer()
        }
    }

    func cancel(_ waiting: NIOLockedValueBox<PoolState.WaiterID?>) {
        // Read under the lock: either the waiter is there, or it will find its task cancelled.
        let waiter = contents.withLockedValue { contents -> Waiter? in
            guard let id = waiting.withLockedValue({ $0 }), contents.state.cancel(id) else { return nil }
            return contents.waiters.removeValue(forKey: id)
        }
        waiter?(.failure(CancellationError()))
    }

    private func connect(_ id: PoolState.ConnectionID) {
        PostgresConnection.open(configuration) { result in
            switch result {
            case .success(let connection):
                self.contents.withLockedValue { $0.connections[id] = connection }
                self.place(connection) { $0.connected(id) }
            case .failure(let error):
                self.logger.warning("connecting to Postgres failed", metadata: ["error": "\(error)"])
                let waiters = self.contents.withLockedValue { contents in
                    contents.state.connectFailed(id).compactMap { contents.waiters.removeValue(forKey: $0) }
                }
                for waiter in waiters {
                    waiter(.failure(error))
                }
            }
        }
    }

    private func place(
        _ connection: PostgresConnection,
        _ decide: (inout PoolState) -> PoolState.PlaceAction
    ) {
        let (action, waiter) = contents.withLockedValue { contents -> (PoolState.PlaceAction, Waiter?) in
            let action = decide(&contents.state)
            switch action {
            case .keep: return (action, nil)
            case .hand(_, let waiter): return (action, contents.waiters.removeValue(forKey: waiter))
            case .close(let id):
                contents.connections[id] = nil
                return (action, nil)
            }
        }
        switch action {
        case .keep: break
        case .hand(let id, _): waiter?(.success(Lease(id: id, connection: connection)))
        case .close: closeLater(connection)
        }
    }

    private func closeLater(_ connection: PostgresConnection) {
        // Closing is a hop to the connection's queue that nobody waits for.
        Task { await connection.close() }
    }

    /// One timer at a time, for the waiter that expires first.
    private func setTimer() {
        let deadline = contents.withLockedValue { contents -> ContinuousClock.Instant? in
            guard !contents.isTimerSet, let deadline = contents.state.nextDeadline() else { return nil }
            contents.isTimerSet = true
            return deadline
        }
        guard let deadline else { return }
        let delay = max(0, ContinuousClock.now.duration(to: deadline).milliseconds + 1)
        Self.timers.asyncAfter(deadline: .now() + .milliseconds(Int(delay))) { [weak self] in self?.expire() }
    }

    private func expire() {
        let now = ContinuousClock.now
        let waiters = contents.withLockedValue { contents in
            contents.isTimerSet = false
            return contents.state.expire(now: now).compactMap { contents.waiters.removeValue(forKey: $0) }
        }
        for waiter in waiters {
            waiter(.failure(PostgresError(.poolTimeout, "no connection came free in time")))
        }
        setTimer()
    }
}
