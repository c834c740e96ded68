import Bus
import Fleet
import FleetTesting
import Model
import NATSClient
import NIOConcurrencyHelpers
import Testing
import Wire

/// A busy machine still says that it lives, and refuses what is too much.
@Suite(.serialized) struct LoadTests {
    /// 256 operations at once, each a quarter of a megabyte: all finish, and neither pings nor beats wait behind them.
    ///
    /// How long a ping takes is measured by the benchmarks; here the asker is as busy as the agent.
    @Test func pingsAndBeatsDoNotWaitBehindOperations() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("big", "dd", "if=/dev/zero", "of=big", "bs=1M", "count=64")
                #expect(try await caller.collect("big").exit.code == 0)
                let handle = try await caller.ask { $0.openRead.path = "big" }.handle.handle
                let beats = NIOLockedValueBox<[ContinuousClock.Instant]>([])
                let hearing = try fixture.client.subscribe(subject: Subject.anyBeat) { _ in
                    beats.withLockedValue { $0.append(.now) }
                }
                defer { hearing.unsubscribe() }
                let (latencies, reads) = try await withThrowingTaskGroup(of: Int.self) { group in
                    for worker in 0..<256 {
                        group.addTask {
                            for round in 0..<4 {
                                let bytes =
                                    try await caller.ask {
                                        $0.read.handle = handle
                                        $0.read.offset = UInt64((worker + round) % 256) << 18
                                        $0.read.limit = 262_144
                                    }
                                    .bytes
                                guard bytes.bytes.count == 262_144 else { throw FixtureError("a short read") }
                            }
                            return 4
                        }
                    }
                    var latencies: [Duration] = []
                    for _ in 0..<100 {
                        let began = ContinuousClock.now
                        _ = try await caller.ask { request in
                            request = WireAgentRequest()
                            request.ping = WireAgentPing()
                        }
                        latencies.append(.now - began)
                    }
                    return (latencies.sorted(), try await group.reduce(0, +))
                }
                #expect(reads == 1024)
                // The middle one: the machine may be busy with something else for a moment.
                #expect(latencies[50] < .milliseconds(500), "\(latencies[50]), \(latencies[98])")
                let heard = beats.withLockedValue { $0 }
                for (former, next) in zip(heard, heard.dropFirst()) { #expect(next - former < .seconds(7)) }
            }
        }
    }

    /// However many follow processes, something can still be done; and they hear what is written.
    @Test func whoWaitsForOutputKeepsNobodyOut() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "maximumOperations": 2}"#) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("cat", "cat", stdinOpen: true)
                try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<16 {
                        group.addTask {
                            while true {
                                do {
                                    let output = try await caller.pull("cat", stdout: 0, wait: 20_000)
                                    return output.pieces.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
                                } catch let fault as Fault where fault.code == .overloaded {
                                    // For a moment, until it is known what it is.
                                }
                            }
                        }
                    }
                    // All of them wait by now, or come soon.
                    for _ in 0..<20 {
                        try await eventually("there is room") {
                            (try? await caller.ask { $0.stat.path = "." }) != nil
                        }
                    }
                    _ = try await caller.ask {
                        $0.append.processID = "cat"
                        $0.append.bytes.append(contentsOf: Array("news".utf8))
                    }
                    for try await heard in group { #expect(heard == "news") }
                }
            }
        }
    }

    @Test func whatIsTooMuchIsRefusedAtOnce() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "maximumOperations": 8}"#) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("quiet", "/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done")
                #expect(try await caller.pull("quiet", stdout: 0).pieces.count == 1)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            // Whoever looks below may have been there first, and is gone in a moment.
                            while true {
                                do {
                                    _ = try await caller.ask {
                                        $0.kill.processID = "quiet"
                                        $0.kill.graceMs = 6000
                                    }
                                    return
                                } catch let fault as Fault where fault.code == .overloaded {}
                            }
                        }
                    }
                    try await eventually("all eight wait") {
                        do {
                            _ = try await caller.ask { $0.stat.path = "." }
                            return false
                        } catch let fault as Fault {
                            return fault.code == .overloaded && fault.details["setting"] == "maximumOperations"
                        }
                    }
                    // It does not wait its turn, it is refused; and whether the machine lives is answered all the same.
                    let began = ContinuousClock.now
                    #expect(try await caller.refusal { $0.kill.processID = "quiet" }.code == .overloaded)
                    _ = try await caller.ask { request in
                        request = WireAgentRequest()
                        request.ping = WireAgentPing()
                    }
                    #expect(.now - began < .seconds(20))
                    group.cancelAll()
                    while await group.nextResult() != nil {}
                }
                try await eventually("those who waited are answered", within: .seconds(25)) {
                    (try? await caller.ask { $0.kill.processID = "quiet" }) != nil
                }
                _ = try await caller.ask { $0.stat.path = "." }
            }
        }
    }
}
