import Bus
import FleetTesting
import Foundation
import Logging
import Model
import NATSClient
import NIOFoundationCompat
import ServiceHost
import Store
import Testing

@testable import Reaper

struct OutboxRelayTests {
    @Test func everyEventReachesTheStreamInTheOrderOfItsSubject() async throws {
        try await RelayFixture.with { fixture in
            try await EventStream.ensure(fixture.bus, Logger(label: "test"))
            var expected: [String: [String]] = [:]
            for index in 0..<30 {
                let id = try await fixture.sandbox()
                expected[id.rawValue] = ["sandbox.created"]
                for _ in 0..<(index % 4) {
                    _ = try await fixture.store.intend(.stop, for: id, in: fixture.workspace, actor: "user")
                    expected[id.rawValue]?.append("sandbox.stop_asked")
                }
            }
            #expect(try await fixture.relay.pass().found == expected.values.map(\.count).reduce(0, +))
            #expect(try await fixture.relay.pass().found == 0)
            var seen: [String: [String]] = [:]
            for message in try await fixture.messages() {
                #expect(message.body.sequence == (seen[message.body.subjectId] ?? []).count + 1)
                #expect(message.body.workspaceId == fixture.workspace.rawValue)
                #expect(message.body.data.status == "creating")
                let kind = message.body.kind.replacing(".", with: "-")
                #expect(message.subject == "event.\(fixture.workspace).\(kind).\(message.body.subjectId)")
                seen[message.body.subjectId, default: []].append(message.body.kind)
            }
            #expect(seen == expected)
        }
    }

    @Test func whatAFullStreamRefusesIsKeptAndComesLater() async throws {
        try await RelayFixture.with { fixture in
            let stream = fixture.bus.connection.jetStream()
            var configuration = StreamConfiguration(name: EventStream.name, subjects: [Subject.anyEvent])
            configuration.discard = .new
            configuration.maximumMessages = 5
            try await stream.createOrUpdateStream(configuration)
            let id = try await fixture.sandbox()
            for _ in 0..<3 {
                _ = try await fixture.store.intend(.stop, for: id, in: fixture.workspace, actor: "user")
            }
            for _ in 0..<8 { _ = try await fixture.sandbox() }
            await #expect(throws: NATSError.self) { _ = try await fixture.relay.pass() }
            #expect(try await fixture.messages().count == 5)
            configuration.maximumMessages = 100
            try await stream.createOrUpdateStream(configuration)
            while try await fixture.relay.pass().found > 0 {}
            let messages = try await fixture.messages()
            #expect(messages.count == 12)
            #expect(messages.filter { $0.body.subjectId == id.rawValue }.map(\.body.sequence) == [1, 2, 3, 4])
            #expect(Set(messages.map { "\($0.subject)/\($0.body.sequence)" }).count == 12)
        }
    }
}
