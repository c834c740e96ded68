import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct QueryAtOnceTests {
        private static let patience = Duration.seconds(60)

        @Test func needsAConnectionThatHasPreparedTheStatement() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                let sql = "SELECT $1::int4 + 1"
                #expect(try await pool.queryAtOnce(sql, [Int32(1)], within: Self.patience) == nil)
                #expect(try await pool.query(sql, [Int32(1)])[0].get(0, as: Int32.self) == 2)
                for number in Int32(0)..<100 {
                    let rows = try await pool.queryAtOnce(sql, [number], within: Self.patience)
                    let answer = try rows?[0].get(0, as: Int32.self)
                    #expect(answer == number + 1)
                }
            }
        }

        @Test func waitsForAConnectionInTheOrderOfAsking() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                let sql = "SELECT $1::int4 + 1"
                _ = try await pool.query(sql, [Int32(1)])
                let (waiter, unprepared, cancelled) = try await pool.withConnection { _ in
                    let waiter = Task { try await pool.queryAtOnce(sql, [Int32(1)], within: Self.patience)?.count }
                    try await WithPostgres.until { pool.waiterCount == 1 }
                    let unprepared = Task { try await pool.queryAtOnce("SELECT 7", within: Self.patience)?.count }
                    try await WithPostgres.until { pool.waiterCount == 2 }
                    let cancelled = Task { try await pool.queryAtOnce(sql, [Int32(1)], within: Self.patience)?.count }
                    try await WithPostgres.until { pool.waiterCount == 3 }
                    cancelled.cancel()
                    try await WithPostgres.until { pool.waiterCount == 2 }
                    return (waiter, unprepared, cancelled)
                }
                #expect(try await waiter.value == 1)
                #expect(try await unprepared.value == nil)
                await #expect(throws: CancellationError.self) { try await cancelled.value }
                #expect(try await pool.queryAtOnce(sql, [Int32(1)], within: Self.patience)?.count == 1)
            }
        }

        /// Each gives the connection to the next, in whose hands it is of no use either.
        @Test func manyThatWaitForNothingPreparedDoNotNest() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                let waiters = try await pool.withConnection { _ in
                    let waiters = (0..<500)
                        .map { _ in Task { try await pool.queryAtOnce("SELECT 8", within: Self.patience)?.count } }
                    try await WithPostgres.until { pool.waiterCount == 500 }
                    return waiters
                }
                for waiter in waiters { #expect(try await waiter.value == nil) }
            }
        }

        @Test func manyAtOnceGetEachItsOwnAnswer() async throws {
            try await WithPostgres.withPool(size: 4) { pool in
                let sql = "SELECT $1::int4, repeat('x', 30000)"
                _ = try await pool.query(sql, [Int32(0)])
                let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in Int32(0)..<400 {
                        group.addTask {
                            let rows = try await pool.queryAtOnce(sql, [number], within: Self.patience)
                            let answer = try rows?[0].get(0, as: Int32.self)
                            #expect(answer == nil || answer == number)
                            if rows == nil { _ = try await pool.query(sql, [number]) }
                            return rows != nil
                        }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(answered > 0)
            }
        }

        @Test func anErrorOfTheStatementLeavesTheConnectionInUse() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                let (divide, own) = ("SELECT 1 / $1::int4", "SELECT pg_backend_pid()")
                _ = try await pool.query(divide, [Int32(1)])
                let before: Int = try await pool.query(own)[0].get(0)
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.queryAtOnce(divide, [Int32(0)], within: Self.patience)
                }
                #expect(error?.sqlState == "22012")
                let after: Int? = try await pool.queryAtOnce(own, within: Self.patience)?[0].get(0)
                #expect(after == before)
            }
        }

        @Test func aStaleStatementIsLeftToTheOtherWay() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                _ = try await pool.query("CREATE TABLE t AS SELECT 1 AS a")
                _ = try await pool.query("SELECT * FROM t")
                _ = try await pool.query("ALTER TABLE t ADD COLUMN b text")
                #expect(try await pool.queryAtOnce("SELECT * FROM t", within: Self.patience) == nil)
                #expect(try await pool.query("SELECT * FROM t").columns.count == 2)
                #expect(try await pool.queryAtOnce("SELECT * FROM t", within: Self.patience)?.columns.count == 2)
            }
        }

        @Test func aCancelledCallerGoesAndTheServerEndsItsStatement() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                _ = try await pool.query("SELECT pg_sleep($1)", [0.0])
                let sleeper = Task { try await pool.queryAtOnce("SELECT pg_sleep($1)", [600.0], within: .seconds(600)) }
                try await StatementTests.untilRunning("SELECT pg_sleep($1)", pool.configuration)
                sleeper.cancel()
                await #expect(throws: CancellationError.self) { try await sleeper.value }
                // The only connection comes back, and is in order.
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }

        @Test func withoutAnAnswerTheConnectionIsGivenUp() async throws {
            try await WithPostgres.withPool(size: 1) { pool in
                _ = try await pool.query("SELECT pg_sleep($1), pg_backend_pid()", [0.0])
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.queryAtOnce("SELECT pg_sleep($1), pg_backend_pid()", [600.0], within: .milliseconds(50))
                }
                #expect(error?.code == .connectionLost)
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }

        @Test func aTerminatedBackendIsLostInFlight() async throws {
            try await WithPostgres.withPool(size: 2) { pool in
                _ = try await pool.query("SELECT pg_sleep($1)", [0.0])
                let sleeper = Task { try await pool.queryAtOnce("SELECT pg_sleep($1)", [600.0], within: .seconds(600)) }
                try await StatementTests.untilRunning("SELECT pg_sleep($1)", pool.configuration)
                _ = try await pool.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                let error = await #expect(throws: PostgresError.self) { try await sleeper.value }
                #expect(error?.code == .connectionLost)
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }

        @Test func aShutdownLetsWhatWasSentBeAnswered() async throws {
            let pool = PostgresPool(try await WithPostgres.makeDatabase())
            let sql = "SELECT pg_advisory_lock_shared($1::int8)"
            _ = try await pool.query(sql, [Int64(1)])
            let holder = try await PostgresConnection.open(pool.configuration)
            try await holder.execute("SELECT pg_advisory_lock(2)")
            let waiter = Task { try await pool.queryAtOnce(sql, [Int64(2)], within: Self.patience) }
            try await StatementTests.untilRunning(sql, pool.configuration)
            await pool.shutdown()
            await holder.close()
            #expect(try await waiter.value?.count == 1)
            let error = await #expect(throws: PostgresError.self) {
                try await pool.queryAtOnce(sql, [Int64(1)], within: Self.patience)
            }
            #expect(error?.code == .closed)
        }
    }
}
