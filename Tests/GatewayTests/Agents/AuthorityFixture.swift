import Bus
import Crypto
import Fleet
import FleetTesting
import Logging
import Model
import NATSClient
import NATSIdentity
import PostgresClient

@testable import Gateway
@testable import Store

/// An authority over a real bus in operator mode, and a real database.
struct AuthorityFixture: Sendable {
    let nats: OperatorFixture
    let store: Store
    let pool: PostgresPool
    let servers: SystemAccount
    let authority: AccountAuthority
    let logger: Logger
    let workspace: WorkspaceID
    let otherWorkspace: WorkspaceID

    static func with(_ body: (AuthorityFixture) async throws -> Void) async throws {
        try await withPostgres { postgres in
            try await withOperatorNATS { nats in
                let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                let configuration = PostgresConfiguration(connectionString: postgres.url)
                try await Store.migrate(configuration, fleet: ID.new(), logger: logger)
                let pool = PostgresPool(configuration, logger: logger)
                let store = Store(
                    pool: pool,
                    sealer: try EnvironmentSealer(key: SymmetricKey(size: .bits256)),
                    logger: logger
                )
                let options = NATSOptions(urls: [nats.url], credentials: .file(nats.keys.systemCredentialsFile))
                let servers = SystemAccount(options, logger: logger)
                let fixture = AuthorityFixture(
                    nats: nats,
                    store: store,
                    pool: pool,
                    servers: servers,
                    authority: AccountAuthority(
                        store: store,
                        realm: try nats.realm(servers),
                        logger: logger
                    ),
                    logger: logger,
                    workspace: ID.new(),
                    otherWorkspace: ID.new()
                )
                let outcome: Result<Void, any Error>
                do {
                    for workspace in [fixture.workspace, fixture.otherWorkspace] {
                        _ = try await pool.query(
                            "insert into workspaces (id, name) values ($1, $1)",
                            [workspace.rawValue]
                        )
                    }
                    outcome = .success(try await body(fixture))
                } catch {
                    outcome = .failure(error)
                }
                await servers.close()
                await pool.shutdown()
                try outcome.get()
            }
        }
    }

    /// What a session of an agent gets now.
    func credentials(_ agent: TestAgent, lifetime: Duration = .seconds(600)) async throws -> String {
        let key = agent.key.publicKey
        let issuedAt = try await pool.withConnection { try await Store.issueTime(for: key.text, on: $0) }
        return try await authority.userCredentials(
            agent: agent.id,
            workspace: agent.workspace,
            instance: agent.instance,
            publicKey: key,
            issuedAt: issuedAt,
            lifetime: lifetime
        )
    }

    func connect(_ agent: TestAgent, _ token: String) async throws -> NATSConnection {
        var options = NATSOptions(urls: [nats.url], credentials: .jwt(token, seed: agent.key.seed))
        options.inboxPrefix = "_INBOX.agent.\(agent.workspace).\(agent.id)"
        return try await NATSConnection.connect(options, logger: logger)
    }

    /// A service's own connection.
    func connect(as role: BusRole) async throws -> NATSConnection {
        var options = NATSOptions(
            urls: [nats.url],
            credentials: .file(nats.keys.credentialsFile(role.name))
        )
        options.inboxPrefix = Subject.inbox(role: role.name, id: "test")
        return try await NATSConnection.connect(options, logger: logger)
    }

    /// The versions of the account's row: of the tables, and of what the servers have.
    func versions() async throws -> [Int64] {
        let rows = try await pool.query("select version, pushed_version from nats_account")
        guard let row = rows.first else { return [] }
        return [try row.get("version", as: Int64.self), try row.get("pushed_version", as: Int64.self)]
    }
}

/// An agent's key and names.
struct TestAgent: Sendable {
    let key = NKey.generate(.user)
    let id: AgentID = ID.new()
    var instance: AgentInstanceID = ID.new()
    let workspace: WorkspaceID

    var rpc: String { Subject.agent(workspace, id, instance) }
    var beat: String { Subject.beat(workspace, id) }
}

extension OperatorFixture {
    func realm(_ servers: any AccountServers) throws -> AccountRealm {
        let seed = TextFile.read(keys.signingKeyFile) ?? ""
        guard let key = NKey(seed: seed.trimmed) else { throw FixtureError("no signing key") }
        return AccountRealm(account: keys.account, operatorKey: key, servers: servers)
    }
}
