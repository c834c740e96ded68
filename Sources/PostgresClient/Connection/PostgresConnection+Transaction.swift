/// The isolation level of a transaction.
package enum TransactionIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Commits when the body returns, rolls back when it throws.
    ///
    /// - Throws: what the body throws, or the error of COMMIT; `connectionLost` from there leaves the outcome unknown.
    package nonisolated func withTransaction<Value>(
        isolation: TransactionIsolation = .readCommitted,
        _ body: () async throws -> Value
    ) async throws -> Value {
        guard condition != .inTransaction else {
            throw PostgresError(.server(sqlState: "25001"), "a transaction is already in progress")
        }
        try await executeScript("BEGIN ISOLATION LEVEL \(isolation.rawValue)")
        let value: Value
        do {
            value = try await body()
        } catch {
            // If this fails too, the connection is broken and will be discarded.
            _ = try? await runShielded("ROLLBACK")
            throw error
        }
        // A transaction that a swallowed error has aborted answers COMMIT with ROLLBACK, and no error.
        guard try await runShielded("COMMIT") == "COMMIT" else {
            throw PostgresError(.server(sqlState: "25P02"), "the transaction was aborted by an earlier error")
        }
        return value
    }
}
