import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct TransactionTests {
        private struct Refused: Error {}
        private static let schema = """
            CREATE TABLE t (a int PRIMARY KEY);
            CREATE TABLE d (a int REFERENCES t DEFERRABLE INITIALLY DEFERRED)
            """

        private static func count(_ pool: PostgresPool) async throws -> Int {
            try await pool.query("SELECT count(*) AS n FROM t")[0].get("n")
        }

        @Test func commitsOnReturnAndRollsBackOnThrow() async throws {
            try await WithPostgres.withPool(size: 1, schema: Self.schema) { pool in
                try await pool.withTransaction { _ = try await $0.execute("INSERT INTO t VALUES (1)") }
                await #expect(throws: Refused.self) {
                    try await pool.withTransaction(isolation: .serializable) { connection in
                        try await connection.execute("INSERT INTO t VALUES (2)")
                        let level = try await connection.query("SHOW transaction_isolation")
                        #expect(try level[0].get(0, as: String.self) == "serializable")
                        throw Refused()
                    }
                }
                #expect(try await Self.count(pool) == 1)
            }
        }

        @Test func aSwallowedErrorDoesNotLookCommitted() async throws {
            try await WithPostgres.withPool(size: 1, schema: Self.schema) { pool in
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction { connection in
                        try await connection.execute("INSERT INTO t VALUES (1)")
                        _ = try? await connection.execute("INSERT INTO t VALUES (1)")
                    }
                }
                #expect(error?.sqlState == "25P02")
                let count = try await Self.count(pool)
                #expect(count == 0)
            }
        }

        @Test func aFailedCommitIsThrown() async throws {
            try await WithPostgres.withPool(size: 1, schema: Self.schema) { pool in
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withTransaction { _ = try await $0.execute("INSERT INTO d VALUES (9)") }
                }
                #expect(error?.sqlState == "23503")
                let count = try await Self.count(pool)
                #expect(count == 0)
            }
        }

        @Test func aCancelledTransactionIsRolledBackOnTheSameConnection() async throws {
            try await WithPostgres.withPool(size: 1, schema: Self.schema) { pool in
                let pid = try await pool.query("SELECT pg_backend_pid()")[0].get(0, as: Int.self)
                let task = Task {
                    try await pool.withTransaction { connection in
                        try await connection.execute("INSERT INTO t VALUES (1)")
                        _ = try await connection.query("SELECT pg_sleep(30)")
                    }
                }
                try await StatementTests.untilRunning("pg_sleep(30)", pool.configuration)
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                let count = try await Self.count(pool)
                #expect(count == 0)
                #expect(try await pool.query("SELECT pg_backend_pid()")[0].get(0, as: Int.self) == pid)
            }
        }

        @Test func aConnectionLeftInATransactionIsNotLentAgain() async throws {
            try await WithPostgres.withPool(size: 1, schema: Self.schema) { pool in
                try await pool.withConnection { try await $0.executeScript("BEGIN; INSERT INTO t VALUES (1)") }
                let count = try await Self.count(pool)
                #expect(count == 0)
            }
        }
    }
}
