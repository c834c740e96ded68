import Fleet
import FleetTesting
import FoundationEssentials
import Glibc
import Logging
import NATSClient
import NATSIdentity
import NIOCore
import Testing

/// `up` runs its nats-server in operator mode, and brings over what a server with passwords stored.
@Suite(.timeLimit(.minutes(5)))
struct OperatorModeTests {
    @Test func aFleetWithPasswordsIsUpgradedInPlace() async throws {
        try await withTemporaryDirectory { folder in
            let data = "\(folder)/fleet"
            try await leavePasswordFleet(data)
            let options = try StandIns("\(folder)/services").options
            for _ in 1...2 {
                try await withUp(data: data, options, log: "\(folder)/up.log") { fleet in
                    try await fleet.ready()
                    let nats = try fleet.document.nats
                    let admin = try await connect(nats.url, "_INBOX.admin.test", .file(nats.credentials))
                    let kept = try await admin.jetStream().streamInfo("KEPT")
                    #expect(kept.state.messages == 100 && kept.state.lastSequence == 100)
                    let message = try await admin.jetStream().message(stream: "KEPT", sequence: 42)
                    #expect(message.map { String(buffer: $0.payload) } == "message 42")
                    await admin.close()
                    #expect(access("\(data)/keys/nats-admin.password", F_OK) != 0)
                    #expect(fleet.output.contains("Moved the streams"))
                    await #expect(throws: NATSError.self) {
                        try await connect(nats.url, "_INBOX.admin.test", .user("admin", password: "secret")).close()
                    }
                    #expect(try await fleet.stop() == .exited(0))
                }
            }
            let moves = TextFile.read("\(folder)/up.log")?.split(separator: "\n").filter { $0.hasPrefix("Moved the") }
            #expect(moves?.count == 1)
        }
    }

    /// What the gateway gets is enough to change the fleet's account; nobody else gets it.
    @Test func theGatewayAloneHoldsTheKeys() async throws {
        try await withStandInFleet { fleet in
            let gateway = try environment(of: "gateway", in: fleet)
            let account = try #require(NKeyPublic(gateway["SANDFLEET_NATS_ACCOUNT"] ?? ""))
            let seed = TextFile.read(try #require(gateway["SANDFLEET_NATS_OPERATOR_KEY_FILE"]))?.trimmed
            let key = try #require(NKey(seed: seed ?? ""))
            let credentials = try #require(gateway["SANDFLEET_NATS_SYSTEM_CREDENTIALS"])
            let url = try fleet.document.nats.url
            let system = try await connect(url, "_INBOX", .file(credentials))
            let lookup = "$SYS.REQ.ACCOUNT.\(account.text).CLAIMS.LOOKUP"
            let text = try await system.request(subject: lookup, timeout: .seconds(5))
            var token = try NATSToken<AccountClaims>(verifying: String(buffer: text.payload))
            #expect(token.issuer == key.publicKey && token.subject == account)
            token.issuedAt += 1
            token.claims.revocations = [NKey.generate(.user).publicKey.text: 17]
            let pushed = try token.signed(by: key)
            let answer = try await system.request(
                subject: "$SYS.REQ.CLAIMS.UPDATE",
                payload: ByteBuffer(string: pushed),
                timeout: .seconds(5)
            )
            #expect(String(buffer: answer.payload).contains("\"code\":200"))

            // A server that crashes comes back with what was pushed, not with what it was configured with.
            let pid = try fleet.pid(of: "nats")
            try await fleet.kill("nats")
            try await fleet.restarted("nats", after: pid)
            let again = try await connect(url, "_INBOX", .file(credentials))
            let after = try await again.request(subject: lookup, timeout: .seconds(5))
            #expect(String(buffer: after.payload) == pushed)
            for connection in [system, again] { await connection.close() }

            for service in ["worker", "reaper"] {
                let other = try environment(of: service, in: fleet)
                for name in ["OPERATOR_KEY_FILE", "SYSTEM_CREDENTIALS"] {
                    #expect(other["SANDFLEET_NATS_\(name)"] == nil)
                }
            }
            #expect(gateway["SANDFLEET_AGENT_NATS_URL"] == nil)
        }
    }

    @Test func agentsReachTheBusWhereTheUserSaid() async throws {
        try await withTemporaryDirectory { folder in
            var options = try StandIns("\(folder)/services").options
            let port = try FreePort.choose(on: "127.0.0.2")
            options.arguments = ["--agents", "127.0.0.2:\(port)"]
            try await withFleet(options) { fleet in
                let url = "nats://127.0.0.2:\(port)"
                let told = try environment(of: "gateway", in: fleet)["SANDFLEET_AGENT_NATS_URL"]
                let document = try fleet.document
                #expect(document.nats.url == url && told == url)
            }
            options.arguments = ["--agents", "0.0.0.0:\(port)"]
            options.environment = ["SANDFLEET_AGENT_NATS_URL": "nats://fleet.example:4222"]
            try await withFleet(options) { fleet in
                #expect(try fleet.document.nats.url == "nats://127.0.0.1:\(port)")
                let told = try environment(of: "gateway", in: fleet)["SANDFLEET_AGENT_NATS_URL"]
                #expect(told == "nats://fleet.example:4222")
            }
        }
    }

    /// The data directory of a fleet whose nats-server had passwords, with a stream in it.
    private func leavePasswordFleet(_ data: String) async throws {
        let directory = try DataDirectory(creating: data)
        try TextFile.replace(directory.key("nats-admin.password"), with: "secret")
        let port = try FreePort.choose()
        let role = NATSRole(name: "admin", publish: [">"], subscribe: [">"], allowResponses: false)
        let server = NATSServer(
            executable: try NATSServer.locate(),
            configuration: NATSServerConfiguration(
                serverName: "old",
                port: port,
                access: .passwords([.init(role: role, password: "secret")]),
                jetStream: .init(directory: directory.jetStream)
            ),
            configurationFile: directory.natsConfiguration,
            log: directory.log("nats")
        )
        let runner = try await NATSRunner(starting: server)
        do {
            try await runner.listens()
            let old = try await connect(server.url, "_INBOX", .user("admin", password: "secret"))
            let jetStream = old.jetStream()
            _ = try await jetStream.createOrUpdateStream(StreamConfiguration(name: "KEPT", subjects: ["kept.*"]))
            for number in 1...100 {
                let payload = ByteBuffer(string: "message \(number)")
                _ = try await jetStream.publish(subject: "kept.\(number % 7)", payload: payload)
            }
            await old.close()
        } catch {
            await runner.stop()
            throw error
        }
        await runner.stop()
    }

    private func connect(
        _ url: String,
        _ inboxes: String,
        _ credentials: NATSCredentials
    ) async throws -> NATSConnection {
        var options = NATSOptions(urls: [url], credentials: credentials)
        options.inboxPrefix = inboxes
        return try await NATSConnection.connect(options, logger: Logger(label: "test"))
    }

    private func environment(of service: String, in fleet: TestFleet) throws -> [String: String] {
        let data = try Data(contentsOf: URL(filePath: "\(fleet.data)/\(service).env"))
        return try JSONDecoder().decode([String: String].self, from: data)
    }
}
