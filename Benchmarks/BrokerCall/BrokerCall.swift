import ArgumentParser
import Bus
import Logging
import Model
import NATSClient
import SwiftProtobuf
import Wire

/// Asks a sandbox's subject over the bus as the gateway does, and answers as a worker does, again and again.
///
/// Prints the nanoseconds of each call. Beside `Benchmarks/raw/request_reply.c`, which does the same with bare cnats, this
/// is what our client, the message's format, its deadline and the dispatch to a task cost.
@main
struct BrokerCall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "broker-call")
    private static let warmUp = 200

    @Argument(help: "Where the bus is.")
    var url: String

    @Argument(help: "How many calls to time.")
    var count: Int

    func run() async throws {
        let worker = try await connect(as: .worker)
        let gateway = try await connect(as: .gateway)
        var generator = SystemRandomNumberGenerator()
        let workspace = WorkspaceID(at: 0, using: &generator)
        let sandbox = SandboxID(at: 0, using: &generator)
        let subject = Subject.sandbox(workspace, sandbox)
        let dispatcher = Dispatcher()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await dispatcher.run() }
            let subscription = try worker.serve(
                subject,
                statistics: EndpointStatistics(name: "sandbox", subject: subject),
                dispatcher: dispatcher,
                fault: { Fault(.internal, "\($0)") },
                handler: { (_: IncomingCall<WireSandboxRequest>) in WireSandboxReply.with { $0.epoch = 1 } }
            )
            try await worker.connection.flush()
            let client = BusClient(bus: gateway)
            for number in 0..<(Self.warmUp + count) {
                let request = WireSandboxRequest.with {
                    $0.operationID = OperationID(at: UInt64(number), using: &generator).rawValue
                    $0.probe = WireProbe()
                }
                let context = CallContext(requestID: "benchmark", deadline: .now + .seconds(5))
                let began = ContinuousClock.now
                _ = try await client.ask(request, workspace: workspace, sandbox: sandbox, context: context)
                let took = ContinuousClock.now - began
                if number >= Self.warmUp { print(Int(took / .nanoseconds(1))) }
            }
            subscription.unsubscribe()
            dispatcher.finish()
        }
        await gateway.drain()
        await worker.drain()
    }

    private func connect(as role: BusRole) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [url], credentials: .none),
            role: role,
            name: "benchmark/\(role.name)",
            instance: role.name,
            clock: FleetClock(databaseTime: 1_800_000_000_000),
            logger: Logger(label: "broker-call")
        )
    }
}
