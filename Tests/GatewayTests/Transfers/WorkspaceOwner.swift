import Bus
import Fleet
import FleetTesting
import Foundation
import Logging
import Model
import NATSClient
import NIOConcurrencyHelpers
import ServiceHost
import SwiftProtobuf
import Wire

@testable import Gateway

/// The owner of one sandbox at the far end of a real bus: does with request and tunnel what a test says.
final class WorkspaceOwner: Sendable {
    typealias Play = @Sendable (WireSandboxRequest, Tunnel) async throws -> Void

    private struct Shared {
        var play: Play?
        var asked = 0
    }

    let sandbox: SandboxID = ID.new()
    private let shared = NIOLockedValueBox(Shared())

    var path: String { "/v1/sandboxes/\(sandbox)" }
    var asked: Int { shared.withLockedValue { $0.asked } }

    func play(_ play: @escaping Play) { shared.withLockedValue { $0.play = play } }

    static func with(_ body: @escaping @Sendable (WorkspaceOwner, TestGateway) async throws -> Void) async throws {
        try await withNATS(roles: NATSRole.embedded) { nats in
            let (bus, gatewayBus) = (try await connect(nats, as: .worker), try await connect(nats, as: .gateway))
            let owner = WorkspaceOwner()
            let result: Result<Void, any Error>
            do {
                try await owner.serving(on: bus) {
                    try await body(owner, try TestGateway(bus: BusClient(bus: gatewayBus)))
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await gatewayBus.drain()
            await bus.drain()
            try result.get()
        }
    }

    private func serving(on bus: Bus, _ body: () async throws -> Void) async throws {
        let dispatcher = Dispatcher()
        let subject = Subject.sandbox(TestGateway.workspace, sandbox)
        let subscription = try bus.serve(
            subject,
            statistics: EndpointStatistics(name: "test", subject: subject),
            dispatcher: dispatcher,
            fault: { $0 as? Fault ?? Fault(.internal, "\($0)") },
            handler: { [self] (call: IncomingCall<WireSandboxRequest>) -> WireSandboxReply in
                try await answer(call.request, bus)
            }
        )
        try await bus.connection.flush()
        async let jobs: Void = dispatcher.run()
        let result: Result<Void, any Error>
        do {
            try await body()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        subscription.unsubscribe()
        dispatcher.finish()
        await jobs
        try result.get()
    }

    private func answer(_ request: WireSandboxRequest, _ bus: Bus) async throws -> WireSandboxReply {
        let play = shared.withLockedValue { shared in
            shared.asked += 1
            return shared.play
        }
        guard let play, let id = TunnelID(request.tunnel) else { throw Fault(.invalidRequest, "without a tunnel") }
        try await play(request, try Tunnel.accept(bus, id: id, workspace: TestGateway.workspace))
        return .with {
            $0.epoch = 1
            $0.done = WireDone()
        }
    }

    private static func connect(_ nats: NATSFixture, as role: BusRole) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [nats.url], user: role.name, password: nats.passwords[role.name] ?? ""),
            role: role,
            name: "test/\(role.name)",
            instance: OperationID.now().rawValue,
            clock: FleetClock(databaseTime: Int64(Date().timeIntervalSince1970 * 1000)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}
