import Bus
import Crypto
import Fleet
import FleetTesting
import Foundation
import Logging
import Model
import NATSClient
import PostgresClient
import ServiceHost
import Store

@testable import Reaper

/// What a reaper's duties stand on, and a bus for a worker that a test plays.
struct ReaperFixture: Sendable {
    let store: Store
    let postgres: PostgresFixture
    let bus: Bus
    let workerBus: Bus
    let nats: NATSFixture
    let workspace = WorkspaceID.now()
    let logger = Logger(label: "test")

    var client: BusClient { BusClient(bus: bus) }

    var caller: OwnerCaller { OwnerCaller(client: client, store: store, actor: "reaper", logger: logger) }

    static func with(_ body: (ReaperFixture) async throws -> Void) async throws {
        try await withNATS(roles: NATSRole.embedded + [agent]) { nats in
            try await withPostgres { postgres in
                let logger = Logger(label: "test")
                let configuration = PostgresConfiguration(connectionString: postgres.url)
                try await Store.migrate(configuration, fleet: .now(), logger: logger)
                let pool = PostgresPool(configuration, logger: logger)
                let sealer = try EnvironmentSealer(key: SymmetricKey(size: .bits256))
                let fixture = ReaperFixture(
                    store: Store(pool: pool, sealer: sealer, logger: logger),
                    postgres: postgres,
                    bus: try await connect(nats, as: .reaper),
                    workerBus: try await connect(nats, as: .worker),
                    nats: nats
                )
                do {
                    try await postgres.sql("insert into workspaces (id, name) values ('\(fixture.workspace)', 'test')")
                    try await body(fixture)
                } catch {
                    await fixture.close(pool)
                    throw error
                }
                await fixture.close(pool)
            }
        }
    }

    /// Users' machines, all of them.
    private static let agent = NATSRole(
        name: "agent",
        publish: ["agent.*.*.beat"],
        subscribe: ["_INBOX.>"],
        allowResponses: false
    )

    private func close(_ pool: PostgresPool) async {
        await bus.drain()
        await workerBus.drain()
        await pool.shutdown()
    }

    private static func connect(_ nats: NATSFixture, as role: BusRole) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [nats.url], user: role.name, password: nats.passwords[role.name] ?? ""),
            role: role,
            name: "test/\(role.name)",
            instance: OperationID.now().rawValue,
            clock: FleetClock(databaseTime: Int64(Date().timeIntervalSince1970 * 1000)),
            logger: Logger(label: "test")
        )
    }
}

extension ReaperFixture {
    func worker(placement: String = "here") async throws -> WorkerID {
        let id = WorkerID.now()
        try await store.register(
            WorkerRegistration(
                id: id,
                name: "w",
                host: "host",
                pid: 1,
                version: "0",
                providers: ["local"],
                placement: placement,
                hostBound: ["local"],
                lockKey: 1
            )
        )
        // Nobody renews it here.
        try await postgres.sql("update workers set valid_until = now() + interval '1 hour' where id = '\(id)'")
        return id
    }

    /// A sandbox that the worker serves, with its box.
    func served(by worker: WorkerID) async throws -> (id: SandboxID, epoch: UInt64, box: BoxID) {
        let sandbox = NewSandbox(
            id: .now(),
            workspace: workspace,
            provider: "local",
            name: nil,
            persistent: true,
            spec: SandboxSpec(),
            environment: [:],
            metadata: [:],
            tags: [:],
            timeoutMs: nil,
            idleTimeoutMs: nil,
            actor: "test"
        )
        _ = try await store.create(sandbox, idempotency: nil)
        guard
            case .acquired(let leased) = try await store.acquire(
                sandbox.id,
                in: workspace,
                for: worker,
                placement: "here"
            )
        else { throw FixtureError("not acquired") }
        let epoch = leased.record.epoch
        let box = BoxID.now()
        _ = try await store.intendBox(
            box,
            of: sandbox.id,
            epoch: epoch,
            provider: "local",
            binding: ("host", "here"),
            deadline: 10,
            actor: "test"
        )
        let state = Envelope.SessionState(providerState: ["boxId": box.rawValue], workspaceReady: true)
        _ = try await store.becomeWarm(
            sandbox.id,
            epoch: epoch,
            box: box,
            lifetime: nil,
            envelope: Envelope(backendId: "local", sessionState: state),
            binding: ("host", "here"),
            actor: "test"
        )
        return (sandbox.id, epoch, box)
    }

    /// A checkpoint that its user has deleted again.
    func unwanted(
        of sandbox: SandboxID,
        epoch: UInt64,
        format: ArchiveReference.Format = .native
    ) async throws -> ArchiveID {
        let archive = ArchiveRecord(
            id: .now(),
            workspace: workspace,
            sandbox: sandbox,
            purpose: .checkpoint,
            state: .candidate,
            format: format,
            provider: "local",
            account: "host",
            placement: format == .native ? "here" : nil,
            epoch: epoch,
            createdAt: Date()
        )
        _ = try await store.intendArchive(archive, actor: "test")
        let reference = ArchiveReference(
            format: format,
            id: archive.id,
            provider: "local",
            externalID: ArchiveReference.object(of: archive.id),
            createdAt: Date()
        )
        _ = try await store.publishArchive(archive.id, of: sandbox, epoch: epoch, reference: reference, actor: "test")
        _ = try await store.deleteCheckpoint(archive.id, in: workspace, actor: "test")
        return archive.id
    }

    func state(of archive: ArchiveID) async throws -> String {
        try await postgres.sql("select state from archives where id = '\(archive)'").filter { !$0.isWhitespace }
    }
}
