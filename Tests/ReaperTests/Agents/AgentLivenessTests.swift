import Bus
import FleetTesting
import Foundation
import Logging
import Model
import NATSClient
import NIOCore
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Reaper

struct AgentLivenessTests {
    /// An agent of a former version is heard, by the bytes of its beat.
    @Test(arguments: ["0.1.0"]) func theBeatOfAnOlderAgentIsHeard(_ version: String) async throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../SelfHostedDriverTests/Fixtures/agent-\(version).txt")
        let line = try #require(
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n").first { $0.hasPrefix("beat ") }
        )
        let digits = Array(line.split(separator: " ", omittingEmptySubsequences: false)[2].utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2)
            .compactMap { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) }
        try await ReaperFixture.with { fixture in
            let beats = AgentBeats()
            let listening = try beats.listen(on: fixture.bus)
            try await fixture.bus.connection.flush()
            let instance = try #require(AgentInstanceID(try WireAgentBeat(serializedBytes: bytes).instance))
            let agent = try #require(try await agents(fixture, 1).first).0
            try await fixture.postgres.sql("update agents set instance = '\(instance)'")
            let connection = try await connect(fixture)
            try connection.publish(
                subject: Subject.beat(fixture.workspace, agent),
                payload: ByteBuffer(bytes: bytes)
            )
            let duty = AgentLiveness(beats: beats, store: fixture.store, actor: "reaper") { .now - .seconds(3600) }
            try await eventually("it is online") {
                _ = try await duty.pass()
                return try await fixture.store.agent(agent)?.state == .online
            }
            let capabilities = try #require(try await fixture.store.agent(agent)?.capabilities)
            #expect(capabilities.version == version && capabilities.wireVersion == 1)
            #expect(capabilities.exec && capabilities.files && !capabilities.isolated && capabilities.denials == [:])
            #expect(capabilities.maximumProcesses == 64 && capabilities.tools.contains("git"))
            withExtendedLifetime(listening) {}
            await connection.close()
        }
    }

    /// Two reapers hear one stream of beats; what they write together is what the agents said.
    @Test func beatsBecomeStates() async throws {
        try await ReaperFixture.with { fixture in
            let beats = [AgentBeats(), AgentBeats()]
            let listening = try beats.map { try $0.listen(on: fixture.bus) }
            try await fixture.bus.connection.flush()
            let duties = beats.map { beats in
                AgentLiveness(beats: beats, store: fixture.store, actor: "reaper") { .now - .seconds(3600) }
            }
            let agents = try await agents(fixture, 24)
            let connection = try await connect(fixture)
            for sequence in 1...3 {
                for agent in agents { try send(connection, fixture, agent, UInt64(sequence)) }
            }
            // A stranger's, and what is no beat, spoil nothing.
            try send(connection, fixture, (.now(), .now()), 1)
            try connection.publish(
                subject: Subject.beat(fixture.workspace, agents[0].0),
                payload: ByteBuffer(string: "garbage")
            )
            try await connection.flush(timeout: .seconds(5))
            try await eventually("all are online") {
                for duty in duties { _ = try await duty.pass() }
                return try await states(fixture) == ["3 online": 24]
            }
            let one = try #require(try await fixture.store.agent(agents[0].0))
            #expect(one.capabilities?.hostName == "laptop" && one.capabilities?.exec == true)
            #expect(one.load?.sandboxes == 2 && one.hostName == "laptop")
            // A clean stop, and what comes of silence.
            try send(connection, fixture, agents[0], 4, leaving: true)
            try await connection.flush(timeout: .seconds(5))
            try await eventually("it has left") {
                for duty in duties { _ = try await duty.pass() }
                return try await states(fixture) == ["3 online": 23, "4 offline": 1]
            }
            try await fixture.postgres.sql(
                "update agents set last_beat_at = now() - interval '16 seconds' where id <> '\(agents[0].0)'"
            )
            // Whoever has been deaf until a moment ago judges nobody.
            let deaf = AgentLiveness(beats: AgentBeats(), store: fixture.store, actor: "reaper") { .now }
            _ = try await deaf.pass()
            #expect(try await states(fixture)["3 online"] == 23)
            #expect(try await judging(fixture).pass().found == 23)
            #expect(try await states(fixture) == ["3 reconnecting": 23, "4 offline": 1])
            for listening in listening { listening.unsubscribe() }
            await connection.close()
        }
    }

    @Test func whatCouldNotBeWrittenIsKept() async throws {
        try await ReaperFixture.with { fixture in
            let agent = try await agents(fixture, 1)[0]
            let beats = AgentBeats()
            let duty = AgentLiveness(beats: beats, store: fixture.store, actor: "reaper") { .now - .seconds(3600) }
            beats.take(subject: Subject.beat(fixture.workspace, agent.0), try payload(agent, 1))
            try await fixture.postgres.sql("alter table agents rename to hidden")
            await #expect(throws: StoreError.self) { try await duty.pass() }
            beats.take(subject: Subject.beat(fixture.workspace, agent.0), try payload(agent, 2))
            try await fixture.postgres.sql("alter table hidden rename to agents")
            #expect(try await duty.pass() == DutyPass(found: 1))
            #expect(try await states(fixture) == ["2 online": 1])
            #expect(beats.take(10).isEmpty)
        }
    }

    @Test func ofOneRunOnlyTheNewestWaits() throws {
        let beats = AgentBeats()
        let (workspace, agent) = (WorkspaceID.now(), AgentID.now())
        let (first, second) = (AgentInstanceID.now(), AgentInstanceID.now())
        let subject = Subject.beat(workspace, agent)
        for (instance, sequence) in [(first, 2), (first, 1), (second, 1)] {
            beats.take(subject: subject, try payload((agent, instance), UInt64(sequence)))
        }
        let odd: [(String, [UInt8])] = [
            ("agent.x.y.beat", try payload((agent, first), 9)), (subject, Array("{".utf8)), (subject, []),
            ("\(subject).more", try payload((agent, first), 9)), (subject, try payload((agent, first), .max)),
        ]
        for (subject, payload) in odd { beats.take(subject: subject, payload) }
        let waiting = beats.take(1) + beats.take(5)
        #expect(Set(waiting.map { "\($0.instance) \($0.sequence)" }) == ["\(first) 2", "\(second) 1"])
        #expect(waiting.allSatisfy { $0.workspace == workspace && $0.agent == agent })
    }

    /// A duty that has written and heard for long enough.
    private func judging(_ fixture: ReaperFixture) -> AgentLiveness {
        AgentLiveness(
            beats: AgentBeats(),
            store: fixture.store,
            actor: "reaper",
            writing: LastWriting(since: .now - .seconds(3600))
        ) { .now - .seconds(3600) }
    }

    private func agents(_ fixture: ReaperFixture, _ count: Int) async throws -> [(AgentID, AgentInstanceID)] {
        let inAnHour = Int64((Date.now.timeIntervalSince1970 + 3600) * 1000)
        var agents: [(AgentID, AgentInstanceID)] = []
        for number in 0..<count {
            let enrollment = try await fixture.store.createEnrollment(
                NewEnrollment(
                    id: .now(),
                    workspace: fixture.workspace,
                    name: "box\(number)",
                    labels: [:],
                    tokenHash: [],
                    lifetimeMs: 60_000,
                    actor: "test"
                )
            )
            let wanted = EnrollingAgent(
                enrollment: enrollment.id,
                tokenHash: [],
                publicKey: "U\(number)",
                name: nil,
                hostName: "host"
            )
            let (agent, instance) = (AgentID.now(), AgentInstanceID.now())
            guard case .enrolled = try await fixture.store.enroll(wanted, as: agent),
                case .claimed = try await fixture.store.claimSession(
                    SessionClaim(agent: agent, instance: instance, machine: "m", challengedAt: inAnHour)
                )
            else { throw FixtureError("not enrolled") }
            agents.append((agent, instance))
        }
        return agents
    }

    private func connect(_ fixture: ReaperFixture) async throws -> NATSConnection {
        try await NATSConnection.connect(
            NATSOptions(
                urls: [fixture.nats.url],
                name: "agents",
                credentials: .user("agent", password: fixture.nats.passwords["agent"] ?? "")
            ),
            logger: fixture.logger
        )
    }

    private func send(
        _ connection: NATSConnection,
        _ fixture: ReaperFixture,
        _ agent: (AgentID, AgentInstanceID),
        _ sequence: UInt64,
        leaving: Bool = false
    ) throws {
        try connection.publish(
            subject: Subject.beat(fixture.workspace, agent.0),
            payload: ByteBuffer(bytes: try payload(agent, sequence, leaving: leaving))
        )
    }

    private func payload(
        _ agent: (AgentID, AgentInstanceID),
        _ sequence: UInt64,
        leaving: Bool = false
    ) throws -> [UInt8] {
        let beat = WireAgentBeat.with {
            $0.instance = agent.1.rawValue
            $0.sequence = sequence
            $0.leaving = leaving
            $0.load = .with { $0.sandboxes = 2 }
            $0.capabilities = .with {
                $0.hostName = "lap\0top"
                $0.exec = true
            }
        }
        return try beat.serializedBytes()
    }

    /// How many agents there are of each newest beat and state.
    private func states(_ fixture: ReaperFixture) async throws -> [String: Int] {
        let text = try await fixture.postgres.sql(
            "select beat_sequence || ' ' || state || ':' || count(*) from agents group by beat_sequence, state"
        )
        return text.split(separator: "\n")
            .reduce(into: [:]) { counts, line in
                let parts = line.trimmingCharacters(in: .whitespaces).split(separator: ":")
                guard parts.count == 2, let count = Int(parts[1]) else { return }
                counts[String(parts[0])] = count
            }
    }
}
