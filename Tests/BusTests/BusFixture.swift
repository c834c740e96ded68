import Bus
import Fleet
import FleetTesting
import Logging
import Model
import NATSClient
import ServiceHost
import SwiftProtobuf
import Wire

/// A nats-server with the fleet's own roles.
func withBus(_ body: (NATSFixture) async throws -> Void) async throws {
    try await withNATS(roles: NATSRole.embedded, body)
}

extension NATSFixture {
    func connect(as role: BusRole) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [url], user: role.name, password: passwords[role.name] ?? ""),
            role: role,
            name: "test/\(role.name)",
            instance: OperationID.now().rawValue,
            clock: FleetClock(databaseTime: 1_800_000_000_000),
            logger: Logger(label: "test")
        )
    }
}

/// Serves a sandbox's subject as a worker would, until `body` has ended.
func withServer(
    _ bus: Bus,
    _ subject: String,
    statistics: EndpointStatistics = EndpointStatistics(name: "sandbox", subject: Subject.anySandbox),
    handler: @escaping @Sendable (IncomingCall<WireSandboxRequest>) async throws -> WireSandboxReply,
    _ body: () async throws -> Void
) async throws {
    try await withEndpoint(bus, subject, statistics: statistics, handler: handler, body)
}

/// Serves any subject until `body` has ended.
func withEndpoint<Request: Message & Sendable, Reply: Message & Sendable>(
    _ bus: Bus,
    _ subject: String,
    statistics: EndpointStatistics,
    handler: @escaping @Sendable (IncomingCall<Request>) async throws -> Reply,
    _ body: () async throws -> Void
) async throws {
    let dispatcher = Dispatcher()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await dispatcher.run() }
        let subscription = try bus.serve(
            subject,
            statistics: statistics,
            dispatcher: dispatcher,
            fault: { $0 as? Fault ?? Fault(.internal, "test") },
            handler: handler
        )
        try await bus.connection.flush()
        do {
            try await body()
        } catch {
            subscription.unsubscribe()
            dispatcher.finish()
            throw error
        }
        subscription.unsubscribe()
        dispatcher.finish()
        try await group.waitForAll()
    }
}
