import Bus
import FleetTesting
import Model
import NATSClient
import NIOCore
import ProcessOutput
import ServiceHost
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct OutputHubTests {
    @Test func followersBeginAnywhereAndSeeTheEnd() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            let writer = Writer(output, process)
            for _ in 0..<10 { try await writer.write() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // From the beginning, from the middle, from the end, from what is not there yet.
                for sequence in [1, 5, 10, 11, 25, 900] as [UInt64] {
                    let follower = try await output.follow(hub, process, from: sequence)
                    group.addTask {
                        let batches = try await follower.all()
                        #expect((batches.first?.firstSequence ?? 900) == min(sequence, 900))
                        #expect(batches.map(\.firstSequence) == Array(min(sequence, 32)..<32))
                        #expect(try await follower.next(within: .seconds(1)) == .end)
                    }
                }
                for _ in 0..<20 { try await writer.write() }
                try await writer.end()
                try await group.waitForAll()
            }
        }
    }

    @Test func aFollowerMayComeBeforeTheFirstByte() async throws {
        try await withHub { output, hub in
            // Something of others, so that the stream is not empty.
            try await Writer(output, .now()).write()
            let process = ProcessID.now()
            let follower = try await output.follow(hub, process)
            #expect(try await follower.next(within: .zero) == .idle)
            let writer = Writer(output, process)
            try await writer.write()
            guard case .batch(let batch) = try await follower.next(within: .seconds(30)) else {
                return #expect(Bool(false), "no batch")
            }
            #expect(batch.firstSequence == 1)
            try await writer.end()
            #expect(try await follower.all().map(\.firstSequence) == [2])
        }
    }

    @Test func whatHasEndedNeedsNoConsumer() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            let writer = Writer(output, process)
            for _ in 0..<3 { try await writer.write() }
            try await writer.end()
            let follower = try await output.follow(hub, process, from: 2)
            #expect(try await follower.all().map(\.firstSequence) == [2, 3, 4])
            #expect(try await output.consumers() == 0)
            let late = try await output.follow(hub, process, from: 99)
            #expect(try await late.next(within: .seconds(30)) == .end)
        }
    }

    @Test func aThousandFollowersShareAConsumerAndSlowOnesHinderNobody() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            let writer = Writer(output, process, length: 60_000)
            try await writer.write()
            let ended = Signal()
            let count = 120
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1_000 {
                    let isSlow = number % 100 == 7
                    let follower = try await output.follow(hub, process)
                    group.addTask {
                        var record = try Record()
                        while true {
                            switch try await follower.next(within: .seconds(60)) {
                            case .batch(let batch): try record.check(batch)
                            case .idle: Issue.record("nothing came")
                            case .end:
                                #expect(record.position.sequence == UInt64(count + 2))
                                return
                            }
                            // The ring holds half of what is written while these ones sleep.
                            if isSlow { await ended.wait() }
                        }
                    }
                }
                for number in 1...count {
                    try await writer.write()
                    if number == 60 {
                        try await eventually("they share one") { try await output.consumers() == 1 }
                        // Some join in the middle.
                        for _ in 0..<20 {
                            let sequence = UInt64.random(in: 1...60)
                            let follower = try await output.follow(hub, process, from: sequence)
                            group.addTask {
                                let batches = try await follower.all()
                                #expect(batches.map(\.firstSequence) == Array(sequence...UInt64(count + 2)))
                            }
                        }
                    }
                }
                try await writer.end()
                ended.fire()
                try await group.waitForAll()
            }
        }
    }

    @Test func aBrokerThatIsKilledIsOutlived() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            let writer = Writer(output, process)
            try await writer.write()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    let follower = try await output.follow(hub, process)
                    group.addTask {
                        let batches = try await follower.all()
                        #expect(batches.map(\.firstSequence) == Array(1...152))
                    }
                }
                for number in 1...150 {
                    if number % 50 == 0 {
                        await output.nats.runner.kill()
                        try await output.nats.runner.start()
                    }
                    try await writer.write()
                }
                try await writer.end()
                try await group.waitForAll()
            }
        }
    }

    @Test func aFrozenBrokerIsSilence() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            let writer = Writer(output, process)
            try await writer.write()
            let follower = try await output.follow(hub, process)
            #expect(try await follower.next(within: .seconds(30)) != .idle)
            #expect(try await follower.next(within: .milliseconds(100)) == .idle)
            try await output.nats.runner.freeze()
            #expect(try await follower.next(within: .seconds(3)) == .idle)
            output.nats.runner.thaw()
            try await writer.write()
            try await writer.end()
            #expect(try await follower.all().map(\.firstSequence) == [2, 3])
        }
    }

    @Test func silenceIsToldToAll() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            try await Writer(output, process).write()
            try await withThrowingTaskGroup(of: OutputFollower.Event.self) { group in
                for _ in 0..<200 {
                    let follower = try await output.follow(hub, process, from: 2)
                    group.addTask { try await follower.next(within: .milliseconds(300)) }
                }
                for try await event in group { #expect(event == .idle) }
            }
        }
    }

    @Test func theConsumerEndsAfterTheLastFollower() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            let writer = Writer(output, process)
            try await writer.write()
            let first = try await output.follow(hub, process, from: 2)
            let second = try await output.follow(hub, process, from: 2)
            let waiting = Task { try await first.next(within: .seconds(600)) }
            #expect(try await second.next(within: .milliseconds(10)) == .idle)
            try await eventually("they are followed") { try await output.consumers() == 1 }
            first.close()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            // The other one goes on.
            try await writer.write()
            #expect(try await second.next(within: .seconds(30)) != .idle)
            second.close()
            try await eventually("the consumer is gone", within: .seconds(40)) { try await output.consumers() == 0 }
            // And comes back with the next follower.
            let third = try await output.follow(hub, process, from: 2)
            try await writer.end()
            #expect(try await third.all().map(\.firstSequence) == [2, 3])
        }
    }

    @Test func aStartThatHasExpiredIsToldAtOnce() async throws {
        try await withHub { output, hub in
            let process = ProcessID.now()
            let writer = Writer(output, process)
            for _ in 0..<4 { try await writer.write() }
            try await output.delete([1, 2])
            do {
                _ = try await output.follow(hub, process)
                Issue.record("it follows")
            } catch OutputError.expired(let last) {
                #expect(last == 2)
            }
        }
    }

    @Test func followersEndWithTheHub() async throws {
        try await withOutput { output in
            let hub = OutputHub(bus: output.gateway, logger: OutputFixture.logger)
            let process = ProcessID.now()
            try await Writer(output, process).write()
            let running = Task { await hub.run() }
            let follower = try await output.follow(hub, process, from: 2)
            #expect(try await follower.next(within: .milliseconds(10)) == .idle)
            let waiting = Task { try await follower.next(within: .seconds(600)) }
            running.cancel()
            await running.value
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}

/// A hub over the gateway's connection, for as long as `body` runs.
private func withHub(_ body: (OutputFixture, OutputHub) async throws -> Void) async throws {
    try await withOutput { output in
        let hub = OutputHub(bus: output.gateway, logger: OutputFixture.logger)
        let running = Task { await hub.run() }
        do {
            try await body(output, hub)
        } catch {
            running.cancel()
            await running.value
            throw error
        }
        running.cancel()
        await running.value
    }
}

/// One chunk a batch, so that numbers of chunks and of batches agree.
private actor Writer {
    private let appender: OutputAppender
    private var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
    private let length: Int

    init(_ output: OutputFixture, _ process: ProcessID, length: Int = 100) {
        appender = output.appender(process)
        self.length = length
    }

    func write() async throws {
        composer.add(ByteBuffer(repeating: UInt8(truncatingIfNeeded: composer.position.sequence), count: length), to: .stdout, at: 0)
        try await appender.append(try composer.batch())
    }

    func end() async throws {
        composer.add(.exit, ByteBuffer(string: "{}"), at: 0)
        try await appender.append(try composer.batch())
    }
}

extension OutputFixture {
    fileprivate func follow(_ hub: OutputHub, _ process: ProcessID, from sequence: UInt64 = 1) async throws -> OutputFollower {
        try await hub.follow(workspace: workspace, sandbox: sandbox, process: process, from: sequence, reader: reader(process))
    }

    fileprivate func consumers() async throws -> Int {
        try await worker.connection.jetStream().streamInfo(OutputStream.name).state.consumerCount
    }
}

extension OutputFollower {
    /// Everything to the end.
    fileprivate func all() async throws -> [ChunkBatch] {
        var batches: [ChunkBatch] = []
        while true {
            switch try await next(within: .seconds(60)) {
            case .batch(let batch): batches.append(batch)
            case .idle: throw FixtureError("nothing came")
            case .end: return batches
            }
        }
    }
}
