package import Fleet

/// A nats-server in operator mode, with the keys that `sandfleet up` makes.
package struct OperatorFixture: Sendable {
    package let url: String
    package let keys: NATSOperator
    package let runner: NATSRunner
    /// A folder of the test's own.
    package let folder: String
}

/// Lends a nats-server in operator mode to `body`, and stops it afterwards.
package func withOperatorNATS<Result>(
    roles: [NATSRole] = NATSRole.embedded,
    _ body: (OperatorFixture) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let keys = try NATSOperator(folder: folder, roles: roles)
        let port = try FreePort.choose()
        let server = NATSServer(
            executable: try NATSServer.locate(),
            configuration: NATSServerConfiguration(
                serverName: "test-\(port)",
                port: port,
                access: .accounts(keys.accounts(directory: "\(folder)/accounts")),
                jetStream: .init(directory: "\(folder)/jetstream", maximumBytes: 256 << 20)
            ),
            configurationFile: "\(folder)/nats.conf",
            log: "\(folder)/nats.log"
        )
        let runner = try await NATSRunner(starting: server)
        let outcome: Swift.Result<Result, any Error>
        do {
            try await runner.listens()
            outcome = .success(
                try await body(OperatorFixture(url: server.url, keys: keys, runner: runner, folder: folder))
            )
        } catch {
            outcome = .failure(error)
        }
        await runner.stop()
        return try outcome.get()
    }
}
