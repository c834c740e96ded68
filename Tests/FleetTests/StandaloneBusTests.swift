import Fleet
import FleetTesting
import Glibc
import Logging
import NATSClient
import NIOCore
import Testing

/// The nats-server of a fleet whose services somebody runs one by one, as `deploy/nats` does.
@Suite(.timeLimit(.minutes(5)))
struct StandaloneBusTests {
    @Test func keysAreMadeOnceAndRolesComeIn() async throws {
        try await withTemporaryDirectory { folder in
            let data = "\(folder)/bus"
            let port = try FreePort.choose()
            let words = ["bus", "--data", data, "--listen", "127.0.0.1:\(port)"]
            var accounts = Set<String>()
            for start in 1...2 {
                let said = try await Tool.run(try Products.path("sandfleet"), words)
                #expect(said.contains("\(data)/nats-server.conf"), "\(said)")
                accounts.insert(try setting("SANDFLEET_NATS_ACCOUNT", of: "gateway", in: data))
                try await served(data, log: "\(folder)/log-\(start)") {
                    for role in ["gateway", "worker", "reaper"] {
                        let url = try setting("SANDFLEET_NATS_URL", of: role, in: data)
                        let file = try setting("SANDFLEET_NATS_CREDENTIALS", of: role, in: data)
                        try await connect(url, .file(file)).close()
                    }
                    let url = try setting("SANDFLEET_NATS_URL", of: "worker", in: data)
                    await #expect(throws: NATSError.self) { try await connect(url, .none).close() }
                }
            }
            #expect(accounts.count == 1)
            // Nobody else on the machine can read any of it, and only the gateway has keys.
            for path in [data, "\(data)/keys", "\(data)/nats-server.conf", "\(data)/gateway.env"] {
                var status = stat()
                #expect(stat(path, &status) == 0 && status.st_mode & 0o077 == 0, "\(path)")
            }
            #expect(TextFile.read(try setting("SANDFLEET_NATS_OPERATOR_KEY_FILE", of: "gateway", in: data))?.isEmpty == false)
            for role in ["worker", "reaper"] {
                #expect(TextFile.read("\(data)/\(role).env")?.contains("KEY") == false)
            }
        }
    }

    @Test func aCertificateIsEverybodys() throws {
        let bus = StandaloneBus(
            folder: "/b",
            listen: ListenAddress(host: "0.0.0.0", port: 4222),
            tls: .init(certificate: "/c.pem", key: "/k.pem")
        )
        #expect(bus.url == "tls://127.0.0.1:4222")
        var configuration = NATSServerConfiguration(serverName: "x", port: 1, access: .passwords([]), jetStream: nil)
        #expect(!configuration.text.contains("tls"))
        configuration.tls = bus.tls
        #expect(configuration.text.contains("tls {\n  cert_file: \"/c.pem\"\n  key_file: \"/k.pem\"\n}"))
    }

    private func setting(_ name: String, of role: String, in data: String) throws -> String {
        let lines = (TextFile.read("\(data)/\(role).env") ?? "").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("\(name)=") }) else { throw FixtureError("no \(name): \(lines)") }
        return String(line.dropFirst(name.utf8.count + 1))
    }

    private func served(_ data: String, log: String, _ body: () async throws -> Void) async throws {
        var child = ChildSpecification(
            executable: try NATSServer.locate(),
            arguments: ["--config", "\(data)/nats-server.conf"],
            log: log
        )
        child.deathSignal = SIGKILL
        let server = try await ChildProcess.spawn(child)
        let outcome: Result<Void, any Error>
        do {
            try await eventually("it serves") {
                if server.exit.value != nil { throw FixtureError(TextFile.read(log) ?? "no log") }
                return TextFile.read(log)?.contains("Server is ready") ?? false
            }
            try await body()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await server.stop([StopStep(SIGTERM, grace: .seconds(20))])
        try outcome.get()
    }

    private func connect(_ url: String, _ credentials: NATSCredentials) async throws -> NATSConnection {
        try await NATSConnection.connect(
            NATSOptions(urls: [url], credentials: credentials),
            logger: Logger(label: "test")
        )
    }
}
