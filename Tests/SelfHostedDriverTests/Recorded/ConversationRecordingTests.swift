import Bus
import FleetTesting
import Foundation
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import ServiceHost
import SwiftProtobuf
import Testing
import Wire

@testable import SelfHostedDriver

/// Records what this version's agent says, for a later version to be held to.
///
/// `SANDFLEET_RECORD_AGENT` names the file.
struct ConversationRecordingTests {
    private static let file = ProcessInfo.processInfo.environment["SANDFLEET_RECORD_AGENT"]

    @Test func whatIsRecordedCanBeHeld() async throws {
        try await withTemporaryDirectory { folder in
            try await withNATS(jetStream: false) { nats in
                let machine = try RealMachine(try await AgentFixture.bus(nats, .gateway), folder: folder)
                let driver = try await SelfHostedDriver.start(try await AgentFixture.bus(nats, .worker)) { _ in nil }
                let tap = Wiretap(try await AgentFixture.bus(nats, .admin))
                try await tap.begin()
                try await machine.start()
                let conversation = Conversation(driver: driver, agent: machine.id, sandbox: .now())
                do {
                    try await conversation.hold()
                } catch {
                    try await machine.kill()
                    throw error
                }
                try await machine.kill()
                await driver.shutdown()
                let recorded = try await tap.end()
                #expect(recorded.exchanges.count > 20)
                if let file = Self.file { try recorded.write(to: file) }
            }
        }
    }
}

/// Hears everything that is said on a bus, and puts requests to agents and their answers together.
private final class Wiretap: Sendable {
    private struct Heard {
        var requests: [(reply: String, request: WireAgentRequest)] = []
        var answers: [String: (bytes: [UInt8], headers: [String: String])] = [:]
    }

    private let bus: Bus
    private let heard = NIOLockedValueBox(Heard())
    private let subscription = NIOLockedValueBox<NATSSubscription?>(nil)

    init(_ bus: Bus) { self.bus = bus }

    func begin() async throws {
        let new = try bus.connection.subscribe(subject: ">", delivery: .latest(65_536)) { [heard] message in
            heard.withLockedValue { heard in
                if message.subject.hasPrefix("agent."), let reply = message.reply {
                    guard let request = try? WireAgentRequest(serializedBytes: Array(buffer: message.payload)) else {
                        return
                    }
                    heard.requests.append((reply, request))
                } else {
                    var headers: [String: String] = [:]
                    for name in ["Nats-Service-Error", "Nats-Service-Error-Code"] {
                        headers[name] = message.headers[name]
                    }
                    heard.answers[message.subject] = (Array(buffer: message.payload), headers)
                }
            }
        }
        subscription.withLockedValue { $0 = new }
        try await bus.connection.flush()
    }

    func end() async throws -> RecordedAgent {
        try await bus.connection.flush()
        subscription.withLockedValue { $0.take() }?.unsubscribe()
        return heard.withLockedValue { heard in
            var recorded = RecordedAgent()
            recorded.exchanges = heard.requests.compactMap { reply, request in
                heard.answers[reply]
                    .map { answer in
                        RecordedExchange(
                            operation: RecordedExchange.operation(of: request),
                            request: request,
                            reply: answer.bytes,
                            headers: answer.headers
                        )
                    }
            }
            return recorded
        }
    }
}
