import Crypto
import FleetTesting
import Logging
import Model
import PostgresClient
import ServiceHost
import Store

/// A store on a fresh database, with a workspace and as many workers as a test wants.
struct StoreFixture: Sendable {
    let store: Store
    let pool: PostgresPool
    let postgres: PostgresFixture
    let workspace = WorkspaceID.now()

    static func with(_ body: (StoreFixture) async throws -> Void) async throws {
        try await withPostgres { postgres in
            let logger = Logger(label: "test")
            let configuration = PostgresConfiguration(connectionString: postgres.url)
            try await Store.migrate(configuration, fleet: .now(), logger: logger)
            let pool = PostgresPool(configuration, logger: logger)
            let sealer = try EnvironmentSealer(key: SymmetricKey(size: .bits256))
            let fixture = StoreFixture(
                store: Store(pool: pool, sealer: sealer, logger: logger),
                pool: pool,
                postgres: postgres
            )
            do {
                _ = try await pool.query(
                    "insert into workspaces (id, name) values ($1, 'test')",
                    [fixture.workspace.rawValue]
                )
                try await body(fixture)
                await pool.shutdown()
            } catch {
                await pool.shutdown()
                throw error
            }
        }
    }

    func sandbox(name: String? = nil, environment: [String: String] = [:]) -> NewSandbox {
        NewSandbox(
            id: .now(),
            workspace: workspace,
            provider: "local",
            name: name,
            persistent: true,
            spec: SandboxSpec(),
            environment: environment,
            metadata: [:],
            tags: [:],
            timeoutMs: nil,
            idleTimeoutMs: nil,
            actor: "test"
        )
    }

    func created(_ sandbox: NewSandbox) async throws -> SandboxRecord {
        guard case .created(let record) = try await store.create(sandbox, idempotency: nil) else {
            throw FixtureError("not created")
        }
        return record
    }

    /// - Parameter steady: Its heartbeats have come for long enough to judge others.
    func worker(_ name: String, lockKey: Int64 = 1, steady: Bool = true) async throws -> WorkerID {
        let id = WorkerID.now()
        try await store.register(
            WorkerRegistration(
                id: id,
                name: name,
                host: "host",
                pid: 1,
                version: "0.0.0",
                providers: ["local"],
                placement: "here",
                hostBound: ["local"],
                lockKey: lockKey
            )
        )
        // Nobody renews it: it lasts for as long as a test may take.
        _ = try await pool.query(
            """
            update workers set valid_until = now() + interval '1 hour',
                steady_since = now() - make_interval(mins => case when $2 then 1 else 0 end)
            where id = $1
            """,
            [id.rawValue, steady]
        )
        return id
    }

    func expireHeartbeat(of worker: WorkerID) async throws {
        _ = try await pool.query(
            "update workers set valid_until = now() - interval '1 second' where id = $1",
            [worker.rawValue]
        )
    }

    func acquire(_ sandbox: SandboxID, for worker: WorkerID, placement: String? = "here") async throws -> Acquisition {
        try await store.acquire(sandbox, in: workspace, for: worker, placement: placement)
    }

    /// Acquires, or fails the test.
    func lease(_ sandbox: SandboxID, for worker: WorkerID) async throws -> LeasedSandbox {
        guard case .acquired(let leased) = try await acquire(sandbox, for: worker) else {
            throw FixtureError("not acquired")
        }
        return leased
    }

    func warm(_ sandbox: SandboxID, epoch: UInt64) async throws -> SandboxRecord? {
        try await store.becomeWarm(
            sandbox,
            epoch: epoch,
            box: .now(),
            lifetime: nil,
            envelope: Envelope(
                backendId: "local",
                sessionState: .init(providerState: ["boxId": "box-\(epoch)"], workspaceReady: true)
            ),
            binding: ("host", "here"),
            actor: "test"
        )
    }
}
