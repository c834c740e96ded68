import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct StatementTests {
        @Test func errorsNameTheConstraintAndNoValues() async throws {
            let schema = "CREATE TABLE users (id int PRIMARY KEY, email text CONSTRAINT users_email UNIQUE)"
            try await WithPostgres.withPool(schema: schema) { pool in
                let insert = "INSERT INTO users VALUES ($1, $2)"
                let inserted = try await pool.execute(insert, [1, "secret@example.org"])
                #expect(inserted == 1)
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.execute(insert, [2, "secret@example.org"])
                }
                #expect(error?.code == .server(sqlState: "23505"))
                #expect(error?.constraint == "users_email")
                #expect(error?.table == "users")
                // The primary message of this one quotes the value.
                let malformed = await #expect(throws: PostgresError.self) {
                    try await pool.query("SELECT $1::uuid", ["secret@example.org"])
                }
                #expect(malformed?.sqlState == "22P02")
                for text in [error.map { "\($0)" }, malformed.map { "\($0)" }] {
                    #expect(text?.contains("secret") == false)
                }
            }
        }

        @Test func aCancelledStatementEndsAtOnceAndTheConnectionStaysUsable() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                let pid = try await pool.query("SELECT pg_backend_pid()")[0].get(0, as: Int.self)
                for _ in 0..<5 {
                    let began = ContinuousClock.now
                    let sleeper = Task { try await pool.query("SELECT pg_sleep(30)") }
                    try await Self.untilRunning("pg_sleep(30)", pool.configuration)
                    sleeper.cancel()
                    await #expect(throws: CancellationError.self) { try await sleeper.value }
                    #expect(ContinuousClock.now - began < .seconds(25))
                }
                let same = try await pool.query("SELECT pg_backend_pid()")[0].get(0, as: Int.self)
                #expect(same == pid)
            }
        }

        /// Cancels at random moments; whatever the moment, the next statement must not be the one that is hit.
        @Test func aCancellationNeverHitsTheNextStatement() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                for _ in 0..<200 {
                    let victim = Task { try await pool.query("SELECT pg_sleep(0.001)") }
                    try await Task.sleep(for: .microseconds(Int.random(in: 0...2500)))
                    victim.cancel()
                    #expect(try await pool.query("SELECT 7 AS n")[0].get("n", as: Int.self) == 7)
                    _ = await victim.result
                }
            }
        }

        @Test func aStatementTimeoutIsNoCancellation() async throws {
            var configuration = try await WithPostgres.makeDatabase()
            configuration.statementTimeout = .milliseconds(50)
            let connection = try await PostgresConnection.open(configuration)
            let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT pg_sleep(30)") }
            #expect(error?.sqlState == "57014")
            await connection.close()
            let closed = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
            #expect(closed?.code == .closed)
        }

        @Test func aChangedResultTypeIsPreparedAnew() async throws {
            try await WithPostgres.withPool(size: 1, schema: "CREATE TABLE t (a int); INSERT INTO t VALUES (1)") {
                pool in
                #expect(try await pool.query("SELECT * FROM t").columns.count == 1)
                try await pool.withConnection { try await $0.executeScript("ALTER TABLE t ADD COLUMN b text") }
                #expect(try await pool.query("SELECT * FROM t").columns.count == 2)
                let prepared = try await pool.query(
                    "SELECT name FROM pg_prepared_statements WHERE statement LIKE '% t'"
                )
                #expect(prepared.count == 1)
            }
        }

        /// Waits until the server says that a statement is running.
        static func untilRunning(_ part: String, _ configuration: PostgresConfiguration) async throws {
            let observer = try await PostgresConnection.open(configuration)
            try await WithPostgres.until {
                try await observer
                    .query(
                        """
                        SELECT 1 FROM pg_stat_activity
                        WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()
                        AND position($1 in query) > 0
                        """,
                        [part]
                    )
                    .count > 0
            }
            await observer.close()
        }
    }
}
