import FleetTesting
import Foundation
import Model
import ServiceHost
import Store
import Testing

struct ProcessEventTests {
    @Test func everyEndIsOneEvent() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let ends = [
                ProcessEnd(.exited, exitCode: 3), ProcessEnd(.killed, signal: "TERM", reason: "cancelled"),
                ProcessEnd(.failed, reason: "command_not_found", message: "no such program"),
                ProcessEnd(.lost, reason: "box_gone"),
            ]
            var ids: [ProcessID] = []
            for end in ends {
                let id = try await fixture.started(fixture.command("true"), in: served).id
                _ = try await fixture.end(id, of: served, as: end)
                ids.append(id)
            }
            let seen = Recorder()
            _ = try await fixture.store.relayEvents(limit: 100) { await seen.take($0) }
            let events = await seen.events.filter { $0.kind.hasPrefix("process.") }
            #expect(events.map(\.kind) == ["process.exited", "process.killed", "process.failed", "process.lost"])
            #expect(events.map(\.subject) == ids.map(\.rawValue))
            #expect(events.allSatisfy { $0.version == 1 && $0.workspace == fixture.workspace && $0.actor == "worker/w" })
            #expect(
                try events.map { try Payload($0.payload) } == [
                    Payload(sandboxId: served.sandbox.rawValue, status: "exited", exitCode: 3),
                    Payload(
                        sandboxId: served.sandbox.rawValue,
                        status: "killed",
                        signal: "TERM",
                        reason: "cancelled"
                    ),
                    Payload(sandboxId: served.sandbox.rawValue, status: "failed", reason: "command_not_found"),
                    Payload(sandboxId: served.sandbox.rawValue, status: "lost", reason: "box_gone"),
                ]
            )
        }
    }

    @Test func whatIsNotPublishedComesAgain() async throws {
        try await StoreFixture.with { fixture in
            let first = try await fixture.created(fixture.sandbox()).id
            let second = try await fixture.created(fixture.sandbox()).id
            struct Refused: Error {}
            await #expect(throws: Refused.self) {
                try await fixture.store.relayEvents(limit: 100) { events in
                    var published = PublishedEvents()
                    published.ids = events.filter { $0.subject == second.rawValue }.map(\.id)
                    published.failure = Refused()
                    return published
                }
            }
            let seen = Recorder()
            #expect(try await fixture.store.relayEvents(limit: 100) { await seen.take($0) } == 1)
            #expect(await seen.events.map(\.subject) == [first.rawValue])
        }
    }

    @Test func oneRelayIsAtItAtATime() async throws {
        try await StoreFixture.with { fixture in
            _ = try await fixture.created(fixture.sandbox())
            let store = fixture.store
            let seen = Recorder()
            let outer = try await store.relayEvents(limit: 100) { events in
                // While these are on their way another relay finds nothing to do.
                let inner = try await store.relayEvents(limit: 100) { await seen.take($0) }
                #expect(inner == 0)
                return await seen.take(events)
            }
            #expect(outer == 1)
            #expect(await seen.events.count == 1)
        }
    }
}

private struct Payload: Decodable, Equatable {
    var sandboxId: String
    var status: String
    var exitCode: Int?
    var signal: String?
    var reason: String?

    init(sandboxId: String, status: String, exitCode: Int? = nil, signal: String? = nil, reason: String? = nil) {
        self.sandboxId = sandboxId
        self.status = status
        self.exitCode = exitCode
        self.signal = signal
        self.reason = reason
    }

    init(_ json: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    }
}
