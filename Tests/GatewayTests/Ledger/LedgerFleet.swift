import Crypto
import FleetTesting
import FoundationEssentials
import HTTPTypes
import Logging
import Model
import PostgresClient

@testable import Gateway
@testable import Store

/// A gateway over a real database, and the worker that it asks.
struct LedgerFleet: Sendable {
    let gateway: TestGateway
    let owner: LedgerOwner
    let store: Store
    let pool: PostgresPool
    /// Those of a bus that lets agents in.
    let servers: MemoryServers

    /// Unix milliseconds.
    var now: @Sendable () -> Int64 { { Int64(Date().timeIntervalSince1970 * 1000) } }

    /// Lends one to `body`.
    static func with(
        _ change: (inout GatewaySettings) -> Void = { _ in },
        _ body: (LedgerFleet) async throws -> Void
    ) async throws {
        try await withPostgres { postgres in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let configuration = PostgresConfiguration(connectionString: postgres.url)
            try await Store.migrate(configuration, fleet: ID.new(), logger: logger)
            let pool = PostgresPool(configuration, logger: logger)
            do {
                let store = Store(
                    pool: pool,
                    sealer: try EnvironmentSealer(key: SymmetricKey(size: .bits256)),
                    logger: logger
                )
                let memory = MemoryFleet(workspace: TestGateway.workspace)
                let owner = LedgerOwner(store, worker: try await worker(in: store, pool))
                let servers = try MemoryServers()
                let fleet = LedgerFleet(
                    gateway: try TestGateway(
                        bus: owner,
                        store: store,
                        processes: Processes(rows: memory, output: memory, signals: memory),
                        agents: AgentAccess(
                            authority: AccountAuthority(store: store, realm: servers.realm, logger: logger),
                            natsURLs: ["nats://bus.test:4222"],
                            now: { Int64(Date().timeIntervalSince1970 * 1000) }
                        ),
                        logger: logger,
                        change
                    ),
                    owner: owner,
                    store: store,
                    pool: pool,
                    servers: servers
                )
                try await fleet.add(TestGateway.workspace, "test")
                try await body(fleet)
                await pool.shutdown()
            } catch {
                await pool.shutdown()
                throw error
            }
        }
    }

    func add(_ workspace: WorkspaceID, _ name: String) async throws {
        _ = try await pool.query(
            "insert into workspaces (id, name) values ($1, $2)",
            [workspace.rawValue, name]
        )
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String = "",
        key: String = "write",
        headers: HTTPFields = [:]
    ) async throws -> TestGateway.Answer {
        try await gateway.send(method, path, key: key, headers: headers, body: body)
    }

    /// The id of a new sandbox.
    func sandbox(_ body: String = "{}") async throws -> String {
        let answer = try await send(.post, "/v1/sandboxes", body)
        guard answer.status == 201, let id = answer.text("id") else {
            throw FixtureError("not created: \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return id
    }

    func record(_ id: String?) async throws -> SandboxRecord? {
        guard let id = id.flatMap({ SandboxID($0) }) else { return nil }
        return try await store.sandbox(id, in: TestGateway.workspace)
    }

    private static func worker(in store: Store, _ pool: PostgresPool) async throws -> WorkerID {
        let worker: WorkerID = ID.new()
        try await store.register(
            WorkerRegistration(
                id: worker,
                name: "worker",
                host: "host",
                pid: 1,
                version: "0.0.0",
                providers: ["local"],
                placement: LedgerOwner.placement,
                hostBound: ["local"],
                lockKey: 1
            )
        )
        // Nobody renews it here.
        _ = try await pool.query(
            "update workers set valid_until = now() + interval '1 hour' where id = $1",
            [worker.rawValue]
        )
        return worker
    }
}

extension TestGateway.Answer {
    func text(_ name: String) -> String? { if case .string(let text)? = json[name] { text } else { nil } }

    var items: [JSONValue] { if case .array(let items)? = json["items"] { items } else { [] } }
}
