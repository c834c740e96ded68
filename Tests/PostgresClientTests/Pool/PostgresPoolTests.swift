import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct PostgresPoolTests {
        @Test func neverHoldsMoreConnectionsThanItsSize() async throws {
            try await WithPostgres.withPool(size: 3) { pool in
                let pids = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<60 {
                        group.addTask { try await pool.query("SELECT pg_backend_pid(), pg_sleep(0.002)")[0].get(0) }
                    }
                    return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
                }
                #expect(pids.count <= 3)
            }
        }

        @Test func aWaiterHasADeadlineAndCanBeCancelled() async throws {
            var configuration = try await WithPostgres.makeDatabase()
            configuration.poolSize = 1
            configuration.poolTimeout = .seconds(1)
            let impatient = PostgresPool(configuration)
            try await impatient.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) { try await impatient.query("SELECT 1") }
                #expect(error?.code == .poolTimeout)
            }
            #expect(try await impatient.query("SELECT 1").count == 1)
            await impatient.shutdown()

            configuration.poolTimeout = .seconds(60)
            let patient = PostgresPool(configuration)
            try await patient.withConnection { _ in
                let waiter = Task { try await patient.query("SELECT 1") }
                try await WithPostgres.until { patient.waiterCount == 1 }
                waiter.cancel()
                await #expect(throws: CancellationError.self) { try await waiter.value }
            }
            #expect(try await patient.query("SELECT 1").count == 1)
            await patient.shutdown()
            let error = await #expect(throws: PostgresError.self) { try await patient.query("SELECT 1") }
            #expect(error?.code == .closed)
        }

        @Test func aTerminatedBackendIsLostInFlightAndReplacedWhenIdle() async throws {
            try await WithPostgres.withPool(size: 2) { pool in
                let sleeper = Task { try await pool.query("SELECT pg_sleep(30)") }
                try await StatementTests.untilRunning("pg_sleep(30)", pool.configuration)
                let terminate = """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """
                _ = try await pool.query(terminate)
                let error = await #expect(throws: PostgresError.self) { try await sleeper.value }
                #expect(error?.code == .connectionLost)
                // Two idle connections, one of them killed by the other: nobody notices.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<2 { group.addTask { _ = try await pool.query("SELECT pg_sleep(0.05)") } }
                    try await group.waitForAll()
                }
                _ = try await pool.query(terminate)
                let observer = try await PostgresConnection.open(pool.configuration)
                try await WithPostgres.until {
                    try await observer
                        .query(
                            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                        )
                        .count == 2
                }
                await observer.close()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<2 { group.addTask { _ = try await pool.query("SELECT pg_sleep(0.05)") } }
                    try await group.waitForAll()
                }
            }
        }

        @Test func recoversByItselfFromARestart() async throws {
            try await PostgresServer.withServer { server in
                let pool = PostgresPool(server.configuration())
                #expect(try await pool.query("SELECT 1").count == 1)
                try server.stop()
                let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
                #expect(error?.code == .connectionFailed)
                try server.start()
                #expect(try await pool.query("SELECT 1").count == 1)
                await pool.shutdown()
            }
        }

        @Test func neitherConfigurationNorErrorsShowThePassword() async throws {
            let malformed = PostgresConfiguration(connectionString: "postgres://u:hunter2@localhost:notaport/db")
            let quoted = PostgresConfiguration(host: "/nowhere", database: "d", user: "u", password: "hunter2'\\ x=y")
            for configuration in [malformed, quoted] {
                let error = await #expect(throws: PostgresError.self) {
                    try await PostgresConnection.open(configuration)
                }
                #expect(error?.code == .connectionFailed)
                #expect(error.map { "\($0)".contains("hunter2") } == false)
                #expect(!"\(configuration)".contains("hunter2"))
                #expect(!String(reflecting: configuration).contains("hunter2"))
            }
        }
    }
}
