package import Logging
import NIOConcurrencyHelpers

/// Up to `poolSize` connections, made when needed and lent in the order of asking.
package final class PostgresPool: Sendable {
    typealias Waiter = @Sendable (Result<Lease, any Error>) -> Void

    /// A connection and its name in the pool's state.
    struct Lease: Sendable {
        let id: PoolState.ConnectionID
        let connection: PostgresConnection
    }

    struct Contents {
        var state: PoolState
        var connections: [PoolState.ConnectionID: PostgresConnection] = [:]
        var waiters: [PoolState.WaiterID: Waiter] = [:]
        var isTimerSet = false
    }

    let configuration: PostgresConfiguration
    let logger: Logger
    let contents: NIOLockedValueBox<Contents>
    let answers = AnswerLoop()

    package init(_ configuration: PostgresConfiguration, logger: Logger = Logger(label: "postgres.pool")) {
        self.configuration = configuration
        self.logger = logger
        contents = NIOLockedValueBox(Contents(state: PoolState(limit: configuration.poolSize)))
    }

    deinit {
        answers.stop()
    }

    /// How many callers wait for a connection.
    package var waiterCount: Int {
        contents.withLockedValue { $0.waiters.count }
    }

    /// Runs one statement on a connection of its own; `CancellationError` means that it had no effect.
    package func query(_ sql: String, _ parameters: [any PostgresEncodable] = []) async throws -> PostgresRows {
        let statement = try Statement(sql, parameters)
        return try await withConnection { try await $0.run(statement) }
    }

    /// Runs one statement and gives the number of rows it touched.
    @discardableResult
    package func execute(_ sql: String, _ parameters: [any PostgresEncodable] = []) async throws -> Int {
        try await query(sql, parameters).affected
    }

    /// Lends a connection, which must not be used after the body.
    ///
    /// A connection that comes back broken or inside a transaction is closed and not lent again.
    package func withConnection<Value>(
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let lease = try await leaseAlive()
        defer { giveBack(lease) }
        return try await body(lease.connection)
    }

    /// Commits when the body returns, rolls back when it throws.
    package func withTransaction<Value>(
        isolation: TransactionIsolation = .readCommitted,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await withConnection { connection in
            try await connection.withTransaction(isolation: isolation) { try await body(connection) }
        }
    }

    /// Closes what is unused, fails who waits; lent connections close as they come back.
    package func shutdown() async {
        let (waiters, connections) = contents.withLockedValue { contents in
            let (waiterIDs, connectionIDs) = contents.state.shutDown()
            return (
                waiterIDs.compactMap { contents.waiters.removeValue(forKey: $0) },
                connectionIDs.compactMap { contents.connections.removeValue(forKey: $0) }
            )
        }
        for waiter in waiters {
            waiter(.failure(PostgresError(.closed, "the pool is shut down")))
        }
        for connection in connections {
            await connection.close()
        }
        answers.stop()
    }

    /// A server that restarted leaves dead connections behind; nothing was sent over them yet, so they are replaced.
    private func leaseAlive() async throws -> Lease {
        while true {
            let lease = try await lease()
            if lease.connection.isAlive { return lease }
            discard(lease)
        }
    }
}
