import Bus
import FleetTesting
import Model
import ServiceHost
import Testing

@testable import SelfHostedDriver

/// Agents of former versions go on being understood, by the bytes that they have sent.
struct RecordedAgentTests {
    @Test(arguments: ["0.1.0"]) func anOlderAgentServesThisWorker(_ version: String) async throws {
        let recorded = try RecordedAgent(version: version)
        #expect(recorded.exchanges.count > 20)
        try await withNATS(jetStream: false) { nats in
            let machine = RecordedMachine(try await AgentFixture.bus(nats, .gateway), recorded)
            let driver = try await SelfHostedDriver.start(try await AgentFixture.bus(nats, .worker)) { _ in nil }
            try await machine.start()
            try await Conversation(driver: driver, agent: machine.id, sandbox: .now()).hold()
            #expect(machine.unknown == [])
            machine.stop()
            await driver.shutdown()
        }
    }
}
