import Bus
import FleetTesting
import Logging
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import ServiceHost
import Testing

@testable import SelfHostedDriver

/// A broker, a worker's driver, and a machine.
struct AgentFixture: Sendable {
    let nats: NATSFixture
    let driver: SelfHostedDriver
    let agent: FakeAgent
    let sandbox = SandboxID.now()

    func creation(epoch: UInt64 = 1) -> BoxCreation {
        BoxCreation(
            tag: BoxTag(fleet: .now(), sandbox: sandbox, box: .now(), epoch: epoch),
            spec: SandboxSpec(networkPolicy: .full, agent: agent.id),
            environment: ["A": "1"]
        )
    }

    func resumption(of box: any Box, epoch: UInt64) -> BoxResumption {
        BoxResumption(
            envelope: box.envelope,
            sandbox: sandbox,
            epoch: epoch,
            spec: SandboxSpec(networkPolicy: .full, agent: agent.id),
            environment: [:]
        )
    }

    func bus(_ role: BusRole) async throws -> Bus {
        try await Self.bus(nats, role)
    }

    static func bus(_ nats: NATSFixture, _ role: BusRole) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [nats.url], user: "test", password: nats.passwords["test"] ?? ""),
            role: role,
            name: "test",
            instance: OperationID.now().rawValue,
            clock: FleetClock(databaseTime: 1_800_000_000_000),
            logger: Logger(label: "test")
        )
    }
}

func withAgent(
    window: Duration = AgentDirectory.window,
    firstBeat: Duration = AgentRoll.firstBeat,
    starting: Bool = true,
    recollect: @escaping AgentRecollection.Source = { _ in nil },
    _ body: @escaping @Sendable (AgentFixture) async throws -> Void
) async throws {
    try await withNATS(jetStream: false) { nats in
        let dispatcher = Dispatcher()
        let agent = FakeAgent(try await AgentFixture.bus(nats, .gateway), dispatcher)
        let driver = try await SelfHostedDriver.start(
            try await AgentFixture.bus(nats, .worker),
            window: window,
            firstBeat: firstBeat,
            recollect: recollect
        )
        let fixture = AgentFixture(nats: nats, driver: driver, agent: agent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await dispatcher.run() }
            defer { dispatcher.finish() }
            if starting { try await agent.start() }
            try await body(fixture)
            await driver.shutdown()
        }
    }
}

/// What a call of a driver fails with.
func failure(_ body: () async throws -> Void) async -> DriverError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? DriverError
    }
}

/// Everything that a process writes and its end, acknowledged as an owner would once it is stored.
func follow(_ process: any BoxProcess, pause: Duration? = nil) async throws -> (stdout: [UInt8], exit: ProcessExit?) {
    var bytes: [UInt8] = []
    while let event = try await process.next() {
        switch event {
        case .stdout(let buffer, let offset):
            #expect(offset == UInt64(bytes.count))
            bytes += Array(buffer: buffer)
            if let pause { try await Task.sleep(for: pause) }
            process.acknowledge(stdout: UInt64(bytes.count), stderr: 0)
        case .stderr: break
        case .exited(let exit): return (bytes, exit)
        }
    }
    return (bytes, nil)
}
