import Dispatch
import NIOConcurrencyHelpers

extension PostgresPool {
    /// Nothing was sent: the connection that came free has not prepared the statement, or does not stand.
    private struct NotSent: Error {}

    private enum Stage: Sendable {
        case waiting
        case sent(PostgresConnection, ticket: UInt64)
        /// Its caller was cancelled.
        case gone
    }

    private static let hops = DispatchQueue(label: "postgres.pool.returns")

    /// Runs one statement without a task, timer or thread of its own, where that is possible: on a connection that has
    /// prepared it.
    ///
    /// A caller that is cancelled goes at once, and does not learn whether the statement took effect.
    ///
    /// - Parameter limit: How long to wait; then `connectionLost`.
    /// - Returns: Nil when it is not possible, and nothing was done.
    package func queryAtOnce(
        _ sql: String,
        _ parameters: [any PostgresEncodable] = [],
        within limit: Duration
    ) async throws -> PostgresRows? {
        let statement = try Statement(sql, parameters)
        let deadline = ContinuousClock.now + limit
        let caller = Promise<PostgresRows>()
        let waiting = NIOLockedValueBox<PoolState.WaiterID?>(nil)
        let stage = NIOLockedValueBox(Stage.waiting)
        enqueue(
            { [self] result in
                do {
                    let lease = try result.get()
                    guard ContinuousClock.now < deadline else {
                        returnLater(lease)
                        throw PostgresError(.poolTimeout, "no connection came free in time")
                    }
                    guard let ticket = try send(statement, over: lease) else { throw NotSent() }
                    let isGone = stage.withLockedValue { stage in
                        defer { stage = .sent(lease.connection, ticket: ticket) }
                        return if case .gone = stage { true } else { false }
                    }
                    answers.expect(
                        AwaitedStatement(pool: self, lease: lease, caller: caller, ticket: ticket, deadline: deadline)
                    )
                    if isGone { lease.connection.cancel(ticket) }
                } catch {
                    caller.resolve(.failure(error))
                }
            },
            waiting: waiting
        )
        do {
            return try await caller.value()
        } catch is NotSent {
            return nil
        } catch let error as PostgresError where error.isStaleStatement {
            // The server did nothing; the statement is prepared anew on the other way.
            return nil
        } catch is CancellationError {
            cancel(waiting)
            let former = stage.withLockedValue { stage in
                defer { stage = .gone }
                return stage
            }
            if case .sent(let connection, let ticket) = former { connection.cancel(ticket) }
            throw CancellationError()
        }
    }

    /// Nil when nothing was sent; the connection is given back then.
    private func send(_ statement: Statement, over lease: Lease) throws -> UInt64? {
        guard lease.connection.isAlive else {
            discard(lease)
            return nil
        }
        do throws(PostgresError) {
            if let ticket = try lease.connection.send(statement) { return ticket }
        } catch {
            discard(lease)
            throw error
        }
        returnLater(lease)
        return nil
    }

    /// Not from here: this may be how another's connection was handed on, and so on without end.
    private func returnLater(_ lease: Lease) {
        Self.hops.async { self.giveBack(lease) }
    }
}
