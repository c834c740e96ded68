import CPostgres

/// The two halves of a statement, for a caller that does not wait on a thread.
extension ServerSession {
    /// More than this may not fit into the socket at once, and the sender would wait.
    private static let shortStatement = 32 * 1024

    /// Sends a short statement that is prepared here; false when it is not such a one, and nothing was sent.
    func send(_ statement: Statement) throws(PostgresError) -> Bool {
        guard statement.size <= Self.shortStatement, let name = prepared.name(for: statement.key) else { return false }
        let status = statement.withParameters { count, values, lengths, formats in
            PQsendQueryPrepared(connection, name, count, values, lengths, formats, 0)
        }
        guard status == 1 else { throw PostgresError.lost(connection) }
        return true
    }

    /// Reads what has come; nil while the answer is not complete.
    func collect() -> Result<PostgresRows, PostgresError>? {
        // What TLS has deciphered and libpq had no room for is announced by no socket.
        for _ in 0..<(PQsslInUse(connection) == 1 ? 4 : 1) {
            guard PQconsumeInput(connection) == 1 else { return .failure(PostgresError.lost(connection)) }
            if let answer = complete() { return answer }
        }
        return nil
    }

    private func complete() -> Result<PostgresRows, PostgresError>? {
        while PQisBusy(connection) == 0 {
            guard let pointer = PQgetResult(connection) else {
                defer { answer = nil }
                return answer ?? .failure(PostgresError.lost(connection))
            }
            switch PQresultStatus(pointer) {
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // It would be announced for ever; `check` says that it is not supported.
                isOutOfStep = true
                return result(pointer)
            default: answer = result(pointer)
            }
        }
        return nil
    }

    private func result(_ pointer: OpaquePointer) -> Result<PostgresRows, PostgresError> {
        do throws(PostgresError) {
            return .success(PostgresRows(try check(pointer)))
        } catch {
            return .failure(error)
        }
    }
}
