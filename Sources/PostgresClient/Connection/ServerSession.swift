import CPostgres

/// Owns one `PGconn`; every call blocks, and one thread at a time may call.
final class ServerSession {
    let connection: OpaquePointer
    var prepared = PreparedStatements()
    /// Requests and answers no longer match, so the session must not be used again.
    var isOutOfStep = false
    /// What has come of a statement whose answer is collected, and is not complete yet.
    var answer: Result<PostgresRows, PostgresError>?

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        let fields = try ConnectionFields(configuration)
        guard let connection = fields.withPointers({ PQconnectdbParams($0, $1, 0) }) else {
            throw PostgresError.failed(nil)
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else { throw PostgresError.failed(connection) }
        // Without a receiver of ours, libpq writes notices to standard error.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
    }

    deinit {
        PQfinish(connection)
    }

    var socket: Int32 { PQsocket(connection) }

    var condition: SessionCondition {
        guard PQstatus(connection) == CONNECTION_OK, !isOutOfStep else { return .broken }
        return switch PQtransactionStatus(connection) {
        case PQTRANS_IDLE: .ready
        case PQTRANS_INTRANS, PQTRANS_INERROR: .inTransaction
        default: .broken
        }
    }

    /// Reads what the server sent on its own account; a lost connection shows in `condition`.
    func readPending() {
        _ = PQconsumeInput(connection)
    }

    /// Runs SQL without parameters as it is, possibly several statements, and gives the last result.
    @discardableResult
    func runScript(_ sql: String) throws(PostgresError) -> ServerResult {
        try Statement.refuseNUL(in: sql, "the script")
        return try check(PQexec(connection, sql))
    }

    /// Prepares the statement on its first use and executes it.
    func run(_ statement: Statement) throws(PostgresError) -> PostgresRows {
        do throws(PostgresError) {
            return try runPrepared(statement)
        } catch {
            guard error.isStaleStatement else { throw error }
            let staleName = prepared.remove(statement.key)
            // Within a transaction the error has already aborted it.
            guard condition == .ready else { throw error }
            if let staleName { _ = try? runScript("DEALLOCATE \(staleName)") }
            return try runPrepared(statement)
        }
    }

    private func runPrepared(_ statement: Statement) throws(PostgresError) -> PostgresRows {
        let name = try prepare(statement.key)
        let result = statement.withParameters { count, values, lengths, formats in
            PQexecPrepared(connection, name, count, values, lengths, formats, 0)
        }
        return PostgresRows(try check(result))
    }

    private func prepare(_ key: Statement.Key) throws(PostgresError) -> String {
        if let name = prepared.name(for: key) { return name }
        if prepared.isFull {
            try runScript("DEALLOCATE ALL")
            prepared.removeAll()
        }
        let name = prepared.makeName()
        _ = try check(PQprepare(connection, name, key.sql, Int32(key.types.count), key.types))
        prepared.insert(name, for: key)
        return name
    }

    /// Takes ownership of the result.
    func check(_ pointer: OpaquePointer?) throws(PostgresError) -> ServerResult {
        guard let pointer else { throw PostgresError.lost(connection) }
        let result = ServerResult(owning: pointer)
        switch PQresultStatus(pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return result
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            // The session stays in copy mode, its condition is not ready, and so it is discarded.
            throw PostgresError(.server(sqlState: "0A000"), "COPY is not supported")
        default: throw PostgresError(result: pointer, connection: connection)
        }
    }
}

/// What a session can be used for next.
enum SessionCondition: Sendable {
    case ready
    case inTransaction
    case broken
}
