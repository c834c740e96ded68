import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct PostgresPipelineTests {
        private static let schema = """
            CREATE TABLE t (a int PRIMARY KEY);
            CREATE TABLE d (a int REFERENCES t DEFERRABLE INITIALLY DEFERRED)
            """

        /// Runs the body with a pipeline, and a pool to look from outside.
        private static func withPipeline(
            _ body: (PostgresPipeline, PostgresPool) async throws -> Void
        ) async throws {
            try await WithPostgres.withPool(schema: schema) { pool in
                let pipeline = PostgresPipeline(pool.configuration)
                defer { pipeline.shutdown() }
                try await body(pipeline, pool)
            }
        }

        private struct Answer: Sendable {
            let key: Int
            /// Nil when the key was inserted and came back.
            let sqlState: String?
        }

        /// Inserts all keys at once.
        private static func insert(_ keys: [Int], _ pipeline: PostgresPipeline) async -> [Answer] {
            await withTaskGroup(of: Answer.self) { group in
                for key in keys {
                    group.addTask {
                        do {
                            let rows = try await pipeline.query("INSERT INTO t VALUES ($1) RETURNING a", [key])
                            return Answer(key: try rows[0].get("a"), sqlState: nil)
                        } catch {
                            return Answer(key: key, sqlState: (error as? PostgresError)?.sqlState ?? "none")
                        }
                    }
                }
                var answers: [Answer] = []
                for await answer in group { answers.append(answer) }
                return answers
            }
        }

        @Test func eachOfAThousandCallersGetsItsOwnTruth() async throws {
            try await Self.withPipeline { pipeline, pool in
                // 0...899 come once; 0...99 come a second time, and one of each pair must lose.
                let keys = Array(0..<900) + Array(0..<100)
                let answers = await Self.insert(keys, pipeline)
                let won = answers.filter { $0.sqlState == nil }
                let lost = answers.filter { $0.sqlState == "23505" }
                #expect(won.map(\.key).sorted() == Array(0..<900))
                #expect(lost.map(\.key).sorted() == Array(0..<100))
                let count = try await pool.query("SELECT count(*) AS n FROM t")[0].get("n", as: Int.self)
                #expect(count == 900)
            }
        }

        @Test func errorsOfEveryKindStayWithTheirCaller() async throws {
            try await Self.withPipeline { pipeline, _ in
                let statements = [
                    ("SELECT 1", nil), ("SELEC 1", "42601"), ("SELEC 1", "42601"), ("SELECT * FROM absent", "42P01"),
                    ("INSERT INTO d VALUES (77)", "23503"), ("SELECT 1/0", "22012"), ("SELECT 2", nil),
                ]
                for _ in 0..<20 {
                    await withTaskGroup(of: Void.self) { group in
                        for (sql, sqlState) in statements {
                            group.addTask {
                                do {
                                    _ = try await pipeline.query(sql)
                                    #expect(sqlState == nil)
                                } catch {
                                    #expect((error as? PostgresError)?.sqlState == sqlState)
                                }
                            }
                        }
                    }
                }
            }
        }

        @Test func aChangedResultTypeIsPreparedAnew() async throws {
            try await Self.withPipeline { pipeline, pool in
                #expect(try await pipeline.query("SELECT * FROM t").columns.count == 1)
                #expect(try await pipeline.query("SELECT * FROM d").columns.count == 1)
                try await pool.withConnection { connection in
                    try await connection.executeScript("ALTER TABLE t ADD b int; ALTER TABLE d ADD b int")
                }
                let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                    for index in 0..<40 {
                        let sql = index.isMultiple(of: 2) ? "SELECT * FROM t" : "SELECT * FROM d"
                        group.addTask { try await pipeline.query(sql).columns.count }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(counts == Array(repeating: 2, count: 40))
            }
        }

        @Test func aLostConnectionFailsWhatWasSentAndIsMadeAnew() async throws {
            try await Self.withPipeline { pipeline, pool in
                let before = try await pipeline.query("SELECT pg_backend_pid()")[0].get(0, as: Int.self)
                let sleeper = Task { try await pipeline.query("SELECT pg_sleep(30)") }
                try await StatementTests.untilRunning("pg_sleep(30)", pool.configuration)
                _ = try await pool.query("SELECT pg_terminate_backend($1)", [Int32(before)])
                let error = await #expect(throws: PostgresError.self) { try await sleeper.value }
                #expect(error?.code == .connectionLost)
                let after = try await pipeline.query("SELECT pg_backend_pid()")[0].get(0, as: Int.self)
                #expect(after != before)
                // One session serves many statements.
                let again = try await pipeline.query("SELECT pg_backend_pid()")[0].get(0, as: Int.self)
                #expect(after == again)
            }
        }

        @Test func aCancelledCallerLeavesAtOnceAndUnsentItIsNeverSent() async throws {
            try await Self.withPipeline { pipeline, pool in
                let sent = Task { try await pipeline.query("SELECT pg_sleep(0.5)") }
                try await StatementTests.untilRunning("pg_sleep(0.5)", pool.configuration)
                let waiting = Task { try await pipeline.execute("INSERT INTO t VALUES (1)") }
                waiting.cancel()
                sent.cancel()
                await #expect(throws: CancellationError.self) { try await sent.value }
                await #expect(throws: CancellationError.self) { try await waiting.value }
                #expect(try await pipeline.query("SELECT * FROM t").count == 0)
            }
        }

        @Test func shutDownRefuses() async throws {
            try await Self.withPipeline { pipeline, _ in
                pipeline.shutdown()
                let error = await #expect(throws: PostgresError.self) { try await pipeline.query("SELECT 1") }
                #expect(error?.code == .closed)
            }
        }
    }
}
