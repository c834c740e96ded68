import Bus
import Crypto
import Fleet
import FleetTesting
import Foundation
import Logging
import Model
import NATSClient
import NIOConcurrencyHelpers
import Ownership
import PostgresClient
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

/// One worker's keeper over a fake provider, a real database and a real bus, and somebody who asks it.
struct WorkerFixture: Sendable {
    let keeper: LeaseKeeper
    let driver: FakeDriver
    let store: Store
    let pool: PostgresPool
    let workspace: WorkspaceID
    let asker: BusClient
    let nats: NATSFixture
    /// What the worker's own clock says, apart from time itself.
    let vitality: Vitality
    let clock: NIOLockedValueBox<ContinuousClock.Instant>

    static func with(
        _ driver: FakeDriver = FakeDriver(),
        archiver: (any PortableArchiver)? = nil,
        _ body: @escaping @Sendable (WorkerFixture) async throws -> Void
    ) async throws {
        try await withNATS(roles: NATSRole.embedded) { nats in
            try await withPostgres { postgres in
                let logger = Logger(label: "test")
                let configuration = PostgresConfiguration(connectionString: postgres.url)
                try await Store.migrate(configuration, fleet: .now(), logger: logger)
                let pool = PostgresPool(configuration, logger: logger)
                let bus = try await connect(.worker, nats, logger)
                let gateway = try await connect(.gateway, nats, logger)
                let clock = NIOLockedValueBox(ContinuousClock.now)
                let vitality = Vitality { clock.withLockedValue { $0 } }
                vitality.confirm(sentAt: clock.withLockedValue { $0 })
                let store = Store(
                    pool: pool,
                    sealer: try EnvironmentSealer(key: SymmetricKey(size: .bits256)),
                    logger: logger
                )
                let dispatcher = Dispatcher()
                let fixture = WorkerFixture(
                    keeper: LeaseKeeper(
                        identity: WorkerIdentity(id: .now(), name: "test", fleet: .now()),
                        store: store,
                        driver: driver,
                        archiver: archiver,
                        workspaceLimits: TarLimits(entries: 1_000, bytes: 1 << 20),
                        bus: bus,
                        vitality: vitality,
                        dispatcher: dispatcher,
                        metrics: ProcessMetrics(),
                        storedLimit: 1 << 20,
                        logger: logger
                    ),
                    driver: driver,
                    store: store,
                    pool: pool,
                    workspace: .now(),
                    asker: BusClient(bus: gateway),
                    nats: nats,
                    vitality: vitality,
                    clock: clock
                )
                let result: Result<Void, any Error>
                do {
                    try await fixture.prepare()
                    async let jobs: Void = dispatcher.run()
                    do {
                        try await body(fixture)
                        result = .success(())
                    } catch {
                        result = .failure(error)
                    }
                    driver.before(nil)
                    for holding in fixture.keeper.holdings.all { await fixture.keeper.drop(holding) }
                    dispatcher.finish()
                    await jobs
                }
                await gateway.drain()
                await bus.drain()
                await pool.shutdown()
                try result.get()
            }
        }
    }

    private static func connect(_ role: BusRole, _ nats: NATSFixture, _ logger: Logger) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [nats.url], user: role.name, password: nats.passwords[role.name] ?? ""),
            role: role,
            name: "test",
            instance: OperationID.now().rawValue,
            clock: FleetClock(databaseTime: Int64(Date().timeIntervalSince1970 * 1000)),
            logger: logger
        )
    }

    private func prepare() async throws {
        try await sql("insert into workspaces (id, name) values ($1, 'test')", workspace.rawValue)
        try await register(keeper.identity.id)
    }

    func sql(_ text: String, _ parameters: String...) async throws {
        _ = try await pool.query(text, parameters)
    }

    /// One column of one row; nil when there is none.
    func value(_ text: String, _ parameters: String...) async throws -> String? {
        try await pool.query("select (\(text))::text as value", parameters).first?.get("value", as: String?.self)
    }

    private func register(_ id: WorkerID) async throws {
        try await store.register(
            WorkerRegistration(
                id: id,
                name: "test",
                host: "host",
                pid: 1,
                version: "0.0.0",
                providers: ["fake"],
                placement: driver.binding.placement,
                hostBound: driver.binding.placement == nil ? [] : ["fake"],
                lockKey: Int64.random(in: 1...Int64.max)
            )
        )
        // Nobody renews it here.
        try await sql("update workers set valid_until = now() + interval '1 hour' where id = $1", id.rawValue)
    }

    func sandbox(persistent: Bool = true) async throws -> SandboxID {
        let sandbox = NewSandbox(
            id: .now(),
            workspace: workspace,
            provider: "fake",
            name: nil,
            persistent: persistent,
            spec: SandboxSpec(),
            environment: [:],
            metadata: [:],
            tags: [:],
            timeoutMs: nil,
            idleTimeoutMs: nil,
            actor: "test"
        )
        guard case .created(let record) = try await store.create(sandbox, idempotency: nil) else {
            throw FixtureError("not created")
        }
        return record.id
    }

    /// A sandbox that this worker serves.
    func served(persistent: Bool = true) async throws -> SandboxID {
        let sandbox = try await sandbox(persistent: persistent)
        try await acquire(sandbox)
        return sandbox
    }

    func acquire(_ sandbox: SandboxID) async throws {
        let reply = try await keeper.acquire(sandbox, in: workspace)
        guard reply.outcome == .serving else { throw FixtureError("not served: \(reply.outcome)") }
    }

    func holding(_ sandbox: SandboxID) throws -> Holding {
        guard let holding = keeper.holdings[sandbox] else { throw FixtureError("not served") }
        return holding
    }

    /// The box that the sandbox names.
    func box(of sandbox: SandboxID) async throws -> String {
        guard let box = try await store.sandbox(sandbox, in: workspace)?.envelope?.boxId else {
            throw FixtureError("no box")
        }
        return box
    }

    func put(_ content: String, in sandbox: SandboxID) async throws {
        driver.change(try await box(of: sandbox)) { $0.files["file"] = content }
    }

    func content(of sandbox: SandboxID) async throws -> String? {
        driver.boxes[try await box(of: sandbox)]?.files["file"]
    }

    @discardableResult
    func ask(
        _ sandbox: SandboxID,
        within limit: Duration = .seconds(60),
        _ fill: (inout WireSandboxRequest) -> Void
    ) async throws -> WireSandboxReply {
        var request = WireSandboxRequest()
        request.operationID = OperationID.now().rawValue
        fill(&request)
        do {
            return try await asker.ask(
                request,
                workspace: workspace,
                sandbox: sandbox,
                context: CallContext(requestID: "test", deadline: .now + limit)
            )
        } catch let error as BusError {
            throw error.fault
        }
    }

    /// Another worker takes the sandbox, as if this one had died.
    func supersede(_ sandbox: SandboxID) async throws {
        let rival = WorkerID.now()
        try await register(rival)
        try await sql(
            "update workers set state = 'fenced', ended_at = now() where id = $1",
            keeper.identity.id.rawValue
        )
        let acquisition = try await store.acquire(sandbox, in: workspace, for: rival, placement: driver.binding.placement)
        guard case .acquired = acquisition else { throw FixtureError("not superseded: \(acquisition)") }
    }

    /// Another worker beside this one.
    func rival() async throws -> LeaseKeeper {
        let id = WorkerID.now()
        try await register(id)
        return LeaseKeeper(
            identity: WorkerIdentity(id: id, name: "rival", fleet: keeper.identity.fleet),
            store: store,
            driver: driver,
            archiver: nil,
            workspaceLimits: keeper.workspaceLimits,
            bus: keeper.bus,
            vitality: vitality,
            dispatcher: keeper.dispatcher,
            metrics: ProcessMetrics(),
            storedLimit: keeper.storedLimit,
            logger: keeper.logger
        )
    }

    /// Lets a keeper be asked over the bus while the body runs.
    func listen(_ keeper: LeaseKeeper, _ body: ([NATSSubscription]) async throws -> Void) async throws {
        let endpoints = WorkerEndpoints(
            keepers: [keeper],
            identity: keeper.identity,
            bus: keeper.bus,
            dispatcher: keeper.dispatcher
        )
        let subscriptions = try endpoints.open()
        defer { for subscription in subscriptions { subscription.unsubscribe() } }
        try await keeper.bus.confirmSubscriptions()
        try await body(subscriptions)
    }

    /// As if the process had been frozen for a minute.
    func freeze() { clock.withLockedValue { $0 += .seconds(60) } }
}

/// Expects a fault of this code.
func expect(
    _ code: FaultCode,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    let fault = await #expect(throws: Fault.self, sourceLocation: sourceLocation) { try await body() }
    #expect(fault?.code == code, sourceLocation: sourceLocation)
}
