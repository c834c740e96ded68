import Fleet
import FleetTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct NATSServerConfigurationTests {
    private let roles = [
        NATSRole(name: "asker", publish: ["work.*"], subscribe: ["_INBOX.asker.>"], allowResponses: false),
        NATSRole(name: "mute", publish: [], subscribe: ["work.*"], allowResponses: false),
    ]

    @Test(arguments: [
        ("asker", "PUB work.a 0\r\n\r\n", nil),
        ("asker", "PUB other 0\r\n\r\n", "Permissions Violation for Publish to \"other\""),
        ("asker", "SUB _INBOX.mute.> 1\r\n", "Permissions Violation for Subscription to \"_INBOX.mute.>\""),
        ("mute", "SUB work.a 1\r\n", nil),
        ("mute", "PUB work.a 0\r\n\r\n", "Permissions Violation for Publish to \"work.a\""),
    ])
    func serverEnforcesTheLists(role: String, command: String, violation: String?) async throws {
        try await withNATS(roles: roles, jetStream: false) { server in
            let password = try #require(server.passwords[role])
            let answer = try await exchange(server, user: role, password: password, command)
            #expect(answer.contains("PONG"))
            if let violation {
                #expect(answer.contains("-ERR '\(violation)'"))
            } else {
                #expect(!answer.contains("-ERR"))
            }
        }
    }

    @Test func wrongPasswordIsRefused() async throws {
        try await withNATS(roles: roles, jetStream: false) { server in
            let answer = try await exchange(server, user: "asker", password: "guess", "")
            #expect(answer.contains("Authorization Violation") && !answer.contains("PONG"))
        }
    }

    @Test func jetStreamIsOnWhenAskedFor() async throws {
        let info = "SUB _INBOX.x 1\r\nPUB $JS.API.INFO _INBOX.x 0\r\n\r\n"
        try await withNATS { server in
            let password = try #require(server.passwords["test"])
            let answer = try await exchange(
                server,
                user: "test",
                password: password,
                info,
                until: "account_info_response"
            )
            #expect(answer.contains("account_info_response"))
        }
    }

    private func exchange(
        _ server: NATSFixture,
        user: String,
        password: String,
        _ command: String,
        until end: String = "PONG"
    ) async throws -> String {
        let login = "CONNECT {\"verbose\":false,\"user\":\"\(user)\",\"pass\":\"\(password)\"}\r\n"
        let answer = await Greeting.exchange(
            host: "127.0.0.1",
            port: server.port,
            request: login + command + "PING\r\n",
            until: end
        )
        return try #require(answer)
    }
}
