import FleetTesting
import FoundationEssentials
import Logging
import NATSClient
import NIOCore
import Testing

/// Credentials whose signature of the server's nonce begins with a zero byte, which the C library does not send.
@Suite(.timeLimit(.minutes(2)))
struct SignatureTests {
    private static let seed = "SUALYBHG7OTHPH7HVYSPFZZW2U6C3QSBYCLJMPXDK6XASPZZPE4RNJTRMM"
    private static let plain = "X-zrZv_IbzjZUng"
    /// The seed signs these with 00e8…, 00e2… and 006c….
    private static let zeros = ["gbigP5foeHxT_ho", "hdqvb3BVzVc2KH8", "_FbbxtRlKzFbhrc"]

    /// Connects; the id of the server is the number of the connection.
    private func with(
        _ nonces: [String],
        _ credentials: NATSCredentials,
        _ body: (NATSConnection) async throws -> Void
    ) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "nonces.py").path
        let python = ProcessInfo.processInfo.environment["SANDFLEET_TEST_PYTHON"] ?? "python3"
        try await withServer("/usr/bin/env", [python, script, Self.seed] + nonces) { port in
            var options = NATSOptions(urls: ["nats://127.0.0.1:\(port)"], credentials: credentials)
            options.connectTimeout = .seconds(30)
            let connection = try await NATSConnection.connect(options, logger: Logger(label: "test"))
            try await body(connection)
            await connection.close()
        }
    }

    private static let token = NATSCredentials.jwt("a.user.token", seed: seed)

    @Test func `a signature that the library sends lets in at once`() async throws {
        try await with([Self.plain], Self.token) { #expect($0.serverInfo.id == "1") }
    }

    @Test func `one that it does not send is not tried`() async throws {
        try await with([Self.zeros[0], Self.zeros[1], Self.plain], Self.token) { #expect($0.serverInfo.id == "3") }
    }

    @Test func `the same with a file of credentials`() async throws {
        try await withTemporaryDirectory { folder in
            let file = "\(folder)/user.creds"
            let text = """
                -----BEGIN NATS USER JWT-----
                a.user.token
                ------END NATS USER JWT------

                -----BEGIN USER NKEY SEED-----
                \(Self.seed)
                ------END USER NKEY SEED------
                """
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            try await with([Self.zeros[0], Self.plain], .file(file)) { #expect($0.serverInfo.id == "2") }
        }
    }

    @Test func `a server whose nonces are all alike is given up`() async throws {
        let code = await code { try await with([Self.zeros[0]], Self.token) { _ in } }
        #expect(code == .connectFailed)
    }

    @Test func `a connection survives as many as there are when it comes back`() async throws {
        try await with([Self.plain] + Self.zeros + [Self.plain], Self.token) { connection in
            let changes = connection.stateChanges
            try connection.publish(subject: "leave", payload: .init())
            var seen: [NATSConnectionState] = []
            for await state in changes {
                seen.append(state)
                if seen.contains(.disconnected), state == .connected || state == .closed { break }
            }
            #expect(seen.last == .connected)
            #expect(connection.serverInfo.id == "5")
        }
    }
}
