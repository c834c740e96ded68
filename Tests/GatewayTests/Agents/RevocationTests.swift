import Bus
import Fleet
import FleetTesting
import FoundationEssentials
import Model
import NATSClient
import NATSIdentity
import NIOCore
import PostgresClient
import Testing

@testable import Gateway
@testable import Store

/// How agents' credentials end, as the server itself sees it (rule 22).
@Suite("Revocation", .timeLimit(.minutes(2)))
struct RevocationTests {
    @Test func aRevocationCutsAtOnceAndOutlivesTheServer() async throws {
        try await AuthorityFixture.with { fixture in
            let agent = TestAgent(workspace: fixture.workspace)
            let neighbour = TestAgent(workspace: fixture.workspace)
            let token = try await fixture.credentials(agent)
            let connection = try await fixture.connect(agent, token)
            let other = try await fixture.connect(neighbour, fixture.credentials(neighbour))
            let admin = try await fixture.connect(as: .admin)
            let changes = connection.stateChanges
            let start = ContinuousClock.now
            try await fixture.authority.revoke(publicKey: agent.key.publicKey)
            for await state in changes where state != .connected { break }
            #expect(ContinuousClock.now - start < .seconds(30))
            await #expect(throws: NATSError.self) { try await fixture.connect(agent, token).close() }
            // Nobody else notices.
            try await other.flush()
            try await admin.flush()
            #expect(other.connectedSince != nil && admin.connectedSince != nil)

            await fixture.nats.runner.kill()
            try await fixture.nats.runner.start()
            await #expect(throws: NATSError.self) { try await fixture.connect(agent, token).close() }
            try await fixture.connect(neighbour, fixture.credentials(neighbour)).close()
            for connection in [connection, other, admin] { await connection.close() }
        }
    }

    /// Revocations have the granularity of a second, take-overs have not: of many runs in one second the last one lives.
    @Test func ofManyRunsInOneSecondTheLastOneLives() async throws {
        try await AuthorityFixture.with { fixture in
            var agent = TestAgent(workspace: fixture.workspace)
            var former: [(agent: TestAgent, token: String, connection: NATSConnection)] = []
            for _ in 0..<4 {
                agent.instance = ID.new()
                _ = try await fixture.store.revokeCredentials(of: agent.key.publicKey.text)
                let token = try await fixture.credentials(agent)
                try await fixture.authority.push()
                former.append((agent, token, try await fixture.connect(agent, token)))
            }
            let last = former.removeLast()
            for run in former {
                try await eventually("a former run is cut off") { run.connection.state != .connected }
                await #expect(throws: NATSError.self) { try await fixture.connect(run.agent, run.token).close() }
                await run.connection.close()
            }
            try await last.connection.flush()
            #expect(last.connection.connectedSince != nil)
            await last.connection.close()
        }
    }

    @Test func credentialsEndByThemselves() async throws {
        try await AuthorityFixture.with { fixture in
            let agent = TestAgent(workspace: fixture.workspace)
            let token = try await fixture.credentials(agent, lifetime: .seconds(8))
            let connection = try await fixture.connect(agent, token)
            try await eventually("the connection is cut") { connection.state != .connected }
            // The server counts in seconds: in the last one it still lets in, and cuts again.
            var refusal: NATSError?
            try await eventually("nobody gets in") {
                do {
                    try await fixture.connect(agent, token).close()
                } catch let error as NATSError {
                    refusal = error
                }
                return refusal != nil
            }
            #expect(refusal?.code == .authenticationFailed)
            try await eventually("it gives up") { connection.state == .closed }
            #expect(connection.connectedSince == nil)
            await connection.close()
        }
    }

    /// The tables are the truth: what the servers were not told, or have lost, they are told later.
    @Test func whatWasNotToldIsToldLater() async throws {
        try await AuthorityFixture.with { fixture in
            let agent = TestAgent(workspace: fixture.workspace)
            let token = try await fixture.credentials(agent)
            #expect(try await fixture.versions() == [1, 1])
            await fixture.nats.runner.kill()
            let fault = await #expect(throws: Fault.self) {
                try await fixture.authority.revoke(publicKey: agent.key.publicKey)
            }
            #expect(fault?.code == .busUnavailable)
            #expect(try await fixture.versions() == [2, 1])
            // The servers are others now: they know the account as it was at first.
            try FileManager.default.removeItem(atPath: "\(fixture.nats.folder)/accounts")
            try await fixture.nats.runner.start()
            try await eventually("the servers are told") {
                (try? await fixture.authority.push()) != nil
            }
            #expect(try await fixture.versions() == [2, 2])
            await #expect(throws: NATSError.self) { try await fixture.connect(agent, token).close() }

            await fixture.nats.runner.kill()
            try FileManager.default.removeItem(atPath: "\(fixture.nats.folder)/accounts")
            try await fixture.nats.runner.start()
            let neighbour = TestAgent(workspace: fixture.workspace)
            // Nothing has changed in the tables, and still the servers do not know the key.
            let other = try await fixture.credentials(neighbour)
            await #expect(throws: NATSError.self) { try await fixture.connect(neighbour, other).close() }
            try await eventually("the servers are looked at") {
                (try? await fixture.authority.push(checks: true)) != nil
            }
            try await fixture.connect(neighbour, other).close()
            await #expect(throws: NATSError.self) { try await fixture.connect(agent, token).close() }
        }
    }

    @Test func whatHasEndedByItselfIsForgotten() async throws {
        try await AuthorityFixture.with { fixture in
            let agent = TestAgent(workspace: fixture.workspace)
            let neighbour = TestAgent(workspace: fixture.workspace)
            _ = try await fixture.credentials(agent)
            try await fixture.authority.revoke(publicKey: agent.key.publicKey)
            #expect(try await fixture.revocations() == [agent.key.publicKey.text])
            _ = try await fixture.pool.query("update nats_revocations set forget_at = now() - interval '1 second'")
            try await fixture.authority.revoke(publicKey: neighbour.key.publicKey)
            #expect(try await fixture.revocations() == [neighbour.key.publicKey.text])
        }
    }

    /// Two gateways that make a workspace's first agent together.
    @Test func aWorkspaceHasOneKey() async throws {
        try await AuthorityFixture.with { fixture in
            let authorities = try (0..<8)
                .map { _ in
                    AccountAuthority(
                        store: fixture.store,
                        realm: try fixture.nats.realm(fixture.servers),
                        logger: fixture.logger
                    )
                }
            let keys = try await withThrowingTaskGroup(of: NKeyPublic.self) { group in
                for authority in authorities {
                    group.addTask { try await authority.signingKey(fixture.workspace).publicKey }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(keys.count == 1)
            #expect(try await fixture.versions() == [1, 1])
            let seed = try await fixture.authority.signingKey(fixture.workspace).seed
            let rows = try await fixture.pool.query("select sealed_seed from nats_signing_keys")
            let sealed = try #require(try rows.first?.get("sealed_seed", as: [UInt8].self))
            #expect(sealed.firstRange(of: Array(seed.utf8)) == nil)
        }
    }

    @Test func withoutKeysThereAreNoAgents() async throws {
        try await AuthorityFixture.with { fixture in
            let authority = AccountAuthority(store: fixture.store, realm: nil, logger: fixture.logger)
            let fault = await #expect(throws: Fault.self) {
                _ = try await authority.signingKey(fixture.workspace)
            }
            #expect(fault?.code == .unsupported && !authority.isAvailable)
            #expect(throws: Fault.self) { try authority.requireAvailable() }
        }
    }
}

extension AuthorityFixture {
    /// The keys that the servers refuse.
    func revocations() async throws -> [String] {
        let text = try await servers.claims(of: nats.keys.account) ?? ""
        return try NATSToken<AccountClaims>(verifying: text).claims.revocations.keys.sorted()
    }
}
