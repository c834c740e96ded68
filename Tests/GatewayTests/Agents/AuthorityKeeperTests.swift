import Fleet
import FleetTesting
import Model
import NATSClient
import NATSIdentity
import ServiceHost
import Testing

@testable import Gateway
@testable import Store

@Suite("The authority's service", .timeLimit(.minutes(2)))
struct AuthorityKeeperTests {
    /// A gateway that starts tells the servers what another one wrote down and did not tell.
    @Test func aStartingGatewayTellsWhatIsDue() async throws {
        try await AuthorityFixture.with { fixture in
            let agent = TestAgent(workspace: fixture.workspace)
            let connection = try await fixture.connect(agent, fixture.credentials(agent))
            _ = try await fixture.store.revokeCredentials(of: agent.key.publicKey.text)
            #expect(try await fixture.versions() == [2, 1])
            let keeper = AuthorityKeeper(
                authority: fixture.authority,
                servers: fixture.servers,
                logger: fixture.logger
            )
            let running = Task { await keeper.run() }
            try await eventually("the connection is cut") { connection.state != .connected }
            try await eventually("the row says so") { try await fixture.versions() == [2, 2] }
            running.cancel()
            await running.value
            await connection.close()
        }
    }

    @Test func theThreeSettingsComeTogetherOrNotAtAll() async throws {
        try await withTemporaryDirectory { folder in
            let (key, account) = (NKey.generate(.operator), NKey.generate(.account))
            let file = "\(folder)/operator.seed"
            try TextFile.replace(file, with: key.seed + "\n")
            let all = [
                "SANDFLEET_NATS_OPERATOR_KEY_FILE": file, "SANDFLEET_NATS_SYSTEM_CREDENTIALS": "system.creds",
                "SANDFLEET_NATS_ACCOUNT": account.publicKey.text,
            ]
            let settings = try #require(try AuthoritySettings(ServiceSettings(values: all)))
            #expect(settings.operatorKey.publicKey == key.publicKey && settings.account == account.publicKey)
            let none = try AuthoritySettings(ServiceSettings(values: [:]))
            #expect(none == nil)
            for name in all.keys {
                #expect(throws: ServiceHostError.self) {
                    _ = try AuthoritySettings(ServiceSettings(values: all.filter { $0.key != name }))
                }
            }
            for wrong in ["SANDFLEET_NATS_ACCOUNT": key.publicKey.text, "SANDFLEET_NATS_OPERATOR_KEY_FILE": folder] {
                var values = all
                values[wrong.key] = wrong.value
                #expect(throws: ServiceHostError.self) { _ = try AuthoritySettings(ServiceSettings(values: values)) }
            }
        }
    }
}
