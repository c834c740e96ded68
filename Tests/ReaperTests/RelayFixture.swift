import Bus
import Crypto
import Fleet
import FleetTesting
import Foundation
import Logging
import Model
import NATSClient
import NIOFoundationCompat
import PostgresClient
import ServiceHost
import Store

@testable import Reaper

/// A store with an outbox, and a bus as a reaper has it.
struct RelayFixture: Sendable {
    let store: Store
    let bus: Bus
    let workspace: WorkspaceID

    var relay: OutboxRelay { OutboxRelay(bus: bus, store: store) }

    static func with(_ body: (RelayFixture) async throws -> Void) async throws {
        try await withNATS(roles: NATSRole.embedded) { nats in
            try await withPostgres { postgres in
                let logger = Logger(label: "test")
                let configuration = PostgresConfiguration(connectionString: postgres.url)
                try await Store.migrate(configuration, fleet: .now(), logger: logger)
                let pool = PostgresPool(configuration, logger: logger)
                let sealer = try EnvironmentSealer(key: SymmetricKey(size: .bits256))
                let bus = try await Bus.connect(
                    BusConfiguration(
                        urls: [nats.url],
                        user: BusRole.reaper.name,
                        password: nats.passwords[BusRole.reaper.name] ?? ""
                    ),
                    role: .reaper,
                    name: "test",
                    instance: OperationID.now().rawValue,
                    clock: FleetClock(databaseTime: 1_800_000_000_000),
                    logger: logger
                )
                let fixture = RelayFixture(
                    store: Store(pool: pool, sealer: sealer, logger: logger),
                    bus: bus,
                    workspace: .now()
                )
                do {
                    _ = try await pool.query(
                        "insert into workspaces (id, name) values ($1, 'test')",
                        [fixture.workspace.rawValue]
                    )
                    try await body(fixture)
                } catch {
                    await bus.drain()
                    await pool.shutdown()
                    throw error
                }
                await bus.drain()
                await pool.shutdown()
            }
        }
    }

    func sandbox() async throws -> SandboxID {
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
        guard case .created(let record) = try await store.create(sandbox, idempotency: nil) else {
            throw FixtureError("not created")
        }
        return record.id
    }

    struct Event: Sendable {
        var subject: String
        var body: Body

        struct Body: Decodable, Sendable {
            var kind: String
            var workspaceId: String
            var subjectId: String
            var sequence: Int
            var data: Payload
        }

        struct Payload: Decodable, Sendable {
            var status: String
        }
    }

    /// All that is in the stream, in its order.
    func messages() async throws -> [Event] {
        let stream = bus.connection.jetStream()
        let state = try await stream.streamInfo(EventStream.name).state
        var events: [Event] = []
        guard state.lastSequence >= max(1, state.firstSequence) else { return events }
        for sequence in max(1, state.firstSequence)...state.lastSequence {
            guard let message = try await stream.message(stream: EventStream.name, sequence: sequence, via: .leader)
            else { continue }
            let body = try JSONDecoder().decode(Event.Body.self, from: Data(buffer: message.payload))
            events.append(Event(subject: message.subject, body: body))
        }
        return events
    }
}
