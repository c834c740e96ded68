package import Fleet

/// A nats-server of one test.
package struct NATSFixture: Sendable {
    package let url: String
    package let port: UInt16
    /// Passwords by role.
    package let passwords: [String: String]
    package let runner: NATSRunner

    package var process: ChildProcess { runner.process }
}

extension NATSRole {
    /// A role that may do everything.
    package static let everything = NATSRole(name: "test", publish: [">"], subscribe: [">"], allowResponses: true)
}

/// Lends a nats-server with one user a role to `body`, and stops it afterwards.
package func withNATS<Result>(
    roles: [NATSRole] = [.everything],
    jetStream: Bool = true,
    jetStreamBytes: Int = 256 << 20,
    _ body: (NATSFixture) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let port = try FreePort.choose()
        let users = roles.map { NATSServerConfiguration.User(role: $0, password: "secret-of-\($0.name)") }
        let server = NATSServer(
            executable: try NATSServer.locate(),
            configuration: NATSServerConfiguration(
                serverName: "test-\(port)",
                port: port,
                access: .passwords(users),
                jetStream: jetStream ? .init(directory: "\(folder)/jetstream", maximumBytes: jetStreamBytes) : nil
            ),
            configurationFile: "\(folder)/nats.conf",
            log: "\(folder)/nats.log"
        )
        let runner = try await NATSRunner(starting: server)
        let outcome: Swift.Result<Result, any Error>
        do {
            try await runner.listens()
            let passwords = Dictionary(uniqueKeysWithValues: users.map { ($0.role.name, $0.password) })
            let fixture = NATSFixture(url: server.url, port: port, passwords: passwords, runner: runner)
            outcome = .success(try await body(fixture))
        } catch {
            outcome = .failure(error)
        }
        await runner.stop()
        return try outcome.get()
    }
}
