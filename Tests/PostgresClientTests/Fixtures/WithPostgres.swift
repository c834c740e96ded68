import Testing

@testable import PostgresClient

/// One server for all tests of a suite.
struct SharedServer: SuiteTrait, TestScoping {
    @concurrent
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await PostgresServer.withServer { server in
            try await PostgresServer.$current.withValue(server, operation: function)
        }
    }
}

/// The tests that need a server; each lives in an extension.
@Suite(SharedServer())
struct WithPostgres {
    static func makeDatabase() async throws -> PostgresConfiguration {
        try await #require(PostgresServer.current).makeDatabase()
    }

    /// Runs the body with a pool on a fresh database.
    static func withPool<Value>(
        size: Int = 4,
        schema: String? = nil,
        _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        var configuration = try await makeDatabase()
        configuration.poolSize = size
        let pool = PostgresPool(configuration)
        if let schema { try await pool.withConnection { try await $0.executeScript(schema) } }
        do {
            let value = try await body(pool)
            await pool.shutdown()
            return value
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    /// Repeats until the condition holds; the test's time limit is the deadline.
    static func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }
}
