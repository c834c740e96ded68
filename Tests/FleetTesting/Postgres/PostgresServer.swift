import Fleet
import NIOConcurrencyHelpers

/// A running Postgres without durability: for tests only.
struct PostgresServer: Sendable {
    let cluster: PostgresCluster
    let password: String
    let process: ChildProcess
    private let counter = NIOLockedValueBox(0)

    init(folder: String) async throws {
        password = "test"
        cluster = try PostgresCluster(
            folder: folder,
            installation: .locate(),
            account: .unprivileged(),
            port: FreePort.choose(),
            log: folder + ".log"
        )
        try await cluster.create(password: password, environment: [:])
        // Each test that runs has a pool of its own.
        let settings = [
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "500",
        ]
        let cluster = cluster
        let process = try await ChildProcess.spawn(cluster.server(environment: [:], settings: settings))
        self.process = process
        try await eventually("Postgres serves") { await cluster.isServing(process) }
    }

    func createDatabase() async throws -> String {
        let number = counter.withLockedValue { counter in
            counter += 1
            return counter
        }
        let name = "test_\(number)"
        try await administer("createdb", ["--template", PostgresCluster.database, name])
        return name
    }

    func dropDatabase(_ name: String) async throws {
        try await administer("dropdb", ["--force", name])
    }

    private func administer(_ program: String, _ arguments: [String]) async throws {
        try await Tool.run(
            cluster.installation.program(program),
            ["--host", "127.0.0.1", "--port", "\(cluster.port)", "--username", PostgresCluster.superuser] + arguments,
            environment: ["PGPASSWORD": password, "PGDATABASE": "postgres"]
        )
    }
}
