import Dispatch

/// One connection to the server, whose blocking calls run on a queue of its own.
package actor PostgresConnection {
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor: QueueExecutor
    private nonisolated let flight: StatementFlight
    nonisolated let socket: Int32
    private nonisolated let holder: SessionHolder

    private init(_ session: sending ServerSession, executor: QueueExecutor) {
        self.executor = executor
        flight = StatementFlight(session)
        socket = session.socket
        holder = SessionHolder(session)
    }

    /// Connects on the connection's own queue; bounded by the connect timeout, deaf to cancellation.
    static func open(
        _ configuration: PostgresConfiguration,
        completion: @escaping @Sendable (Result<PostgresConnection, PostgresError>) -> Void
    ) {
        let executor = QueueExecutor(label: "postgres.connection")
        executor.queue.async {
            do throws(PostgresError) {
                let session = try ServerSession(configuration)
                completion(.success(PostgresConnection(session, executor: executor)))
            } catch {
                completion(.failure(error))
            }
        }
    }

    package static func open(_ configuration: PostgresConfiguration) async throws -> PostgresConnection {
        try await withCheckedThrowingContinuation { continuation in
            open(configuration) { continuation.resume(with: $0) }
        }
    }

    /// Runs one statement; a cancelled task cancels it on the server and gets `CancellationError`: it had no effect.
    package nonisolated func query(
        _ sql: String,
        _ parameters: [any PostgresEncodable] = []
    ) async throws -> PostgresRows {
        try await run(try Statement(sql, parameters))
    }

    /// Runs one statement and gives the number of rows it touched.
    @discardableResult
    package nonisolated func execute(_ sql: String, _ parameters: [any PostgresEncodable] = []) async throws -> Int {
        try await query(sql, parameters).affected
    }

    /// Runs SQL without parameters as it is, possibly several statements.
    package nonisolated func executeScript(_ sql: String) async throws {
        _ = try await cancellable { session throws(PostgresError) in try session.runScript(sql) }
    }

    nonisolated func run(_ statement: Statement) async throws -> PostgresRows {
        try await cancellable { session throws(PostgresError) in try session.run(statement) }
    }

    /// Runs SQL that must be sent even if the task is cancelled, such as ROLLBACK, and gives its command tag.
    nonisolated func runShielded(_ sql: String) async throws -> String {
        try await perform(flight.makeTicket(), isCancellable: false) { session throws(PostgresError) in
            try session.runScript(sql).commandTag
        }
    }

    /// Closes the connection; what is used afterwards throws `closed`.
    package func close() {
        holder.close()
        flight.end(.broken)
    }

    private nonisolated func cancellable<Value: Sendable>(
        _ body: @Sendable (ServerSession) throws(PostgresError) -> Value
    ) async throws -> Value {
        let ticket = flight.makeTicket()
        return try await withTaskCancellationHandler {
            try await perform(ticket, isCancellable: true, body)
        } onCancel: {
            flight.cancel(ticket)
        }
    }

    private func perform<Value: Sendable>(
        _ ticket: UInt64,
        isCancellable: Bool,
        _ body: @Sendable (ServerSession) throws(PostgresError) -> Value
    ) throws -> Value {
        var isCancelled = false
        let value: Value?
        do throws(PostgresError) {
            value = try holder.withSession { session throws(PostgresError) in
                flight.begin(ticket)
                defer { flight.end(session.condition) }
                // Only now: a cancellation before the ticket was current found nothing to cancel.
                isCancelled = isCancellable && Task.isCancelled
                return isCancelled ? nil : try body(session)
            }
        } catch {
            if isCancellable, error.sqlState == "57014", Task.isCancelled { throw CancellationError() }
            throw error
        }
        guard let value else { throw CancellationError() }
        return value
    }
}

/// What came of a statement, and of its session.
struct CollectedAnswer: Sendable {
    let result: Result<PostgresRows, PostgresError>
    let condition: SessionCondition
}

/// Sending on the caller's thread, and collecting the answer on another; whoever does it has the connection to itself.
extension PostgresConnection {
    /// Sends a statement that is prepared here; nil when it is not, and nothing was sent.
    ///
    /// - Returns: The ticket to cancel it by.
    nonisolated func send(_ statement: Statement) throws(PostgresError) -> UInt64? {
        let ticket = flight.makeTicket()
        return try holder.withSession { session throws(PostgresError) in
            flight.begin(ticket)
            var isSent = false
            defer { if !isSent { flight.end(session.condition) } }
            isSent = try session.send(statement)
            return isSent ? ticket : nil
        }
    }

    /// What has come of the statement that was sent; nil while it is not complete.
    nonisolated func collect() -> CollectedAnswer? {
        do throws(PostgresError) {
            return try holder.withSession { session in
                session.collect().map { CollectedAnswer(result: $0, condition: session.condition) }
            }
        } catch {
            return CollectedAnswer(result: .failure(error), condition: .broken)
        }
    }

    /// The statement that was sent is over; what follows is done once the connection can be used again.
    nonisolated func end(_ condition: SessionCondition, then goOn: @escaping @Sendable () -> Void) {
        flight.end(condition, then: goOn)
    }

    /// Asks the server to end the statement; its answer comes all the same.
    nonisolated func cancel(_ ticket: UInt64) { flight.cancel(ticket) }
}

extension PostgresConnection {
    /// As of the end of the last statement.
    nonisolated var condition: SessionCondition { flight.condition }

    /// Whether an unused connection still stands, without a round trip.
    ///
    /// A server that speaks unasked is as a rule saying goodbye, and the end of the stream may follow later.
    nonisolated var isAlive: Bool { !SocketWait.isReadable(socket) }
}
