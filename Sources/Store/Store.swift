package import Crypto
package import Logging
package import PostgresClient

/// What the fleet remembers, behind named verbs; no caller sees SQL.
///
/// Every method is one statement or one transaction. Methods that are an owner's write take the epoch and change nothing
/// when it is not the sandbox's any more: they answer `false` or nil, and the caller has lost the lease.
package struct Store: Sendable {
    let pool: PostgresPool
    let sealer: EnvironmentSealer
    let logger: Logger

    package init(pool: PostgresPool, sealer: EnvironmentSealer, logger: Logger) {
        self.pool = pool
        self.sealer = sealer
        self.logger = logger
    }

    /// A key that follows from the one that seals: every process with the same has it.
    package func derivedKey(for purpose: String) -> SymmetricKey { sealer.derivedKey(for: purpose) }

    /// Runs one statement, with every failure of the connection told as a `StoreError`.
    func query(
        _ sql: String,
        _ parameters: [any PostgresEncodable] = [],
        within limit: Duration = StoreError.patience
    ) async throws -> PostgresRows {
        let end = ContinuousClock.now + limit
        do {
            if let rows = try await pool.queryAtOnce(sql, parameters, within: limit) { return rows }
        } catch let error as PostgresError {
            throw StoreError(error)
        }
        return try await StoreError.translating(within: end - .now) { try await pool.query(sql, parameters) }
    }

    /// The database answers; used by readiness.
    package func ping() async throws {
        _ = try await query("select 1", within: .seconds(1))
    }
}
