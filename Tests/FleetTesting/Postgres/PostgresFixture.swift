package import Fleet

/// A fresh database of one test, in the Postgres that all tests of this process share.
package struct PostgresFixture: Sendable {
    package let url: String
    package let database: String
    package let port: UInt16
    package let password: String
    package let cluster: PostgresCluster

    /// Runs SQL by `psql`; the rows, one a line, with `|` between columns.
    @discardableResult
    package func sql(_ text: String) async throws -> String {
        try await Tool.run(
            cluster.installation.program("psql"),
            [
                "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command", text,
                url,
            ]
        )
    }
}

/// Lends a fresh database to `body`, and drops it afterwards.
package func withPostgres<Result>(_ body: (PostgresFixture) async throws -> Result) async throws -> Result {
    let server = try await SharedPostgres.instance.running()
    let database = try await server.createDatabase()
    let fixture = PostgresFixture(
        url: server.cluster.url(password: server.password, database: database),
        database: database,
        port: server.cluster.port,
        password: server.password,
        cluster: server.cluster
    )
    let outcome: Swift.Result<Result, any Error>
    do {
        outcome = .success(try await body(fixture))
    } catch {
        outcome = .failure(error)
    }
    try await server.dropDatabase(database)
    return try outcome.get()
}
