import Fleet
import FleetTesting
import FoundationEssentials
import Logging
import NATSClient
import NATSIdentity
import NIOCore
import Testing

/// Keys and credentials in others' hands.
@Suite(.timeLimit(.minutes(2)))
struct PeerTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "peer.py").path

    private func peer(_ arguments: String...) async throws -> String {
        let python = ProcessInfo.processInfo.environment["SANDFLEET_TEST_PYTHON"] ?? "python3"
        return try await Tool.run(python, [Self.script] + arguments)
    }

    @Test func keysMeanTheSameToOthers() async throws {
        for kind in KeyKind.allCases {
            let key = NKey.generate(kind)
            let told = try await peer("key", key.seed, "their message").split(separator: " ")
            #expect(told[0] == key.publicKey.text)
            let signature = try #require(Data(base64Encoded: String(told[1])))
            #expect(key.publicKey.verify(Array(signature), of: Array("their message".utf8)))
            let mine = Data(try key.sign(Array("my message".utf8))).base64EncodedString()
            #expect(try await peer("verify", key.seed, "my message", mine) == "good")
        }
    }

    /// nats-py reads the `.creds` file of a role and is let in as that role; its permissions come from the token.
    @Test func othersGetInWithTheCredentials() async throws {
        let asker = NATSRole(name: "asker", publish: ["work.*"], subscribe: ["_INBOX.asker.>"], allowResponses: false)
        let mute = NATSRole(name: "mute", publish: [], subscribe: ["work.*", "_INBOX.mute.>"], allowResponses: true)
        try await withOperatorNATS(roles: [asker, mute]) { server in
            var own = NATSOptions(urls: [server.url], credentials: .file(server.keys.credentialsFile("mute")))
            own.inboxPrefix = "_INBOX.mute"
            let connection = try await NATSConnection.connect(own, logger: Logger(label: "test"))
            let subscription = try connection.subscribe(subject: "work.a") { message in
                guard let reply = message.reply else { return }
                try? connection.publish(subject: reply, payload: ByteBuffer(string: "answered"))
            }
            try await connection.flush()
            let credentials = server.keys.credentialsFile("asker")
            #expect(try await peer("request", server.url, credentials, "_INBOX.asker", "work.a") == "answered")
            await #expect(throws: FixtureError.self) {
                _ = try await peer("request", server.url, credentials, "_INBOX.mute", "work.a")
            }
            subscription.unsubscribe()
            await connection.close()
        }
    }
}
