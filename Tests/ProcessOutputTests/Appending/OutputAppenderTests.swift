import Bus
import FleetTesting
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import ProcessOutput
import ServiceHost
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct OutputAppenderTests {
    @Test func batchesAreStoredOneOnTheOther() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let appender = output.appender(process, epoch: 3)
            #expect(try await output.tail(process) == nil)
            #expect(appender.firstStreamSequence == nil && appender.lastStreamSequence == nil)
            var composer = ChunkComposer(position: OutputPosition(), epoch: 3)
            var given: [ChunkBatch] = []
            for number in 0..<50 {
                composer.add(ByteBuffer(string: "line \(number)\n"), to: number % 3 == 0 ? .stderr : .stdout, at: 0)
                let batch = try composer.batch()
                try await appender.append(batch)
                given.append(batch)
            }
            #expect(try await output.stored(process) == given)
            #expect(appender.firstStreamSequence == 1 && appender.lastStreamSequence == 50)
            let tail = try await output.tail(process)
            #expect(tail == OutputTail(position: composer.position, streamSequence: 50, firstStreamSequence: 1))
        }
    }

    @Test func aBatchMayBeAsLargeAsAnyAndHoldAnything() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
            composer.add(ByteBuffer(bytes: (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }), to: .stdout, at: 0)
            let appender = output.appender(process)
            var given: [ChunkBatch] = []
            while let batch = composer.next() {
                try await appender.append(batch)
                given.append(batch)
            }
            #expect(given.count == 3 && given[0].encodedLength == ChunkBatch.maximumLength)
            #expect(try await output.stored(process) == given)
        }
    }

    @Test func nothingIsLostOrDoubledWhileTheBrokerIsKilled() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let appender = output.appender(process)
            let writer = Task {
                var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
                var random = SeededRandom(seed: 1)
                var sum = ByteBuffer()
                while !Task.isCancelled {
                    let bytes = ByteBuffer(
                        repeating: .random(in: 0x61...0x7A, using: &random),
                        count: .random(in: 1...3_000, using: &random)
                    )
                    sum.writeImmutableBuffer(bytes)
                    composer.add(bytes, to: .stdout, at: 0)
                    let batch = try composer.batch()
                    try await uncancelled { try await appender.append(batch) }
                }
                composer.add(.exit, ByteBuffer(string: "{}"), at: 0)
                let last = try composer.batch()
                try await uncancelled { try await appender.append(last) }
                return sum
            }
            for _ in 0..<3 {
                let before = appender.lastStreamSequence ?? 0
                try await eventually("it goes on", within: .seconds(60)) { appender.lastStreamSequence ?? 0 > before + 50 }
                await output.nats.runner.kill()
                try await output.nats.runner.start()
            }
            let before = appender.lastStreamSequence ?? 0
            try await eventually("it goes on", within: .seconds(60)) { appender.lastStreamSequence ?? 0 > before + 20 }
            writer.cancel()
            let sum = try await writer.value
            let record = try Record(await output.stored(process))
            #expect(record.stdout == sum && record.position.hasEnded)
        }
    }

    @Test func aFrozenBrokerStallsAndNothingIsLost() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let stalls = Recorder<Bool>()
            let appender = output.appender(process, onStall: { stalls.add($0) })
            var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
            composer.add(ByteBuffer(string: "before"), to: .stdout, at: 0)
            try await appender.append(try composer.batch())
            try await output.nats.runner.freeze()
            composer.add(ByteBuffer(string: " after"), to: .stdout, at: 0)
            let batch = try composer.batch()
            async let appended: Void = appender.append(batch)
            try await eventually("it tells of the stall") { stalls.values == [true] }
            // Beyond the answer's time limit, so that it has to ask what became of it.
            try await Task.sleep(for: .seconds(6))
            output.nats.runner.thaw()
            try await appended
            composer.add(ByteBuffer(string: "!"), to: .stdout, at: 0)
            try await appender.append(try composer.batch())
            let record = try Record(await output.stored(process))
            #expect(String(buffer: record.stdout) == "before after!")
            #expect(stalls.values.isOverAgain)
        }
    }

    @Test func aFullStreamIsWaitedFor() async throws {
        try await withOutput(maximumBytes: 300_000) { output in
            let process = ProcessID.now()
            let stalls = Recorder<Bool>()
            let appender = output.appender(process, onStall: { stalls.add($0) })
            let writer = Task {
                var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
                for number in 0..<100 {
                    composer.add(ByteBuffer(repeating: UInt8(number), count: 10_000), to: .stdout, at: 0)
                    try await appender.append(try composer.batch())
                }
            }
            try await eventually("the stream is full") { stalls.values.last == true && appender.lastStreamSequence ?? 0 > 20 }
            let stored = appender.lastStreamSequence ?? 0
            #expect(stored < 40)
            try await output.change { $0.maximumBytes = 10_000_000 }
            try await writer.value
            let record = try Record(await output.stored(process))
            #expect(Array(record.stdout.readableBytesView) == (0..<100).flatMap { Array(repeating: UInt8($0), count: 10_000) })
            #expect(stalls.values.isOverAgain)
        }
    }

    @Test func waitingEndsWithItsTask() async throws {
        try await withOutput(maximumBytes: 1_000) { output in
            let stalls = Recorder<Bool>()
            let appender = output.appender(ProcessID.now(), onStall: { stalls.add($0) })
            var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
            composer.add(ByteBuffer(repeating: 0x61, count: 2_000), to: .stdout, at: 0)
            let batch = try composer.batch()
            let waiting = Task { try await appender.append(batch) }
            try await eventually("the stream is full") { stalls.values == [true] }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }

    @Test func whatHasExpiredIsNoFence() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let appender = output.appender(process)
            var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
            composer.add(ByteBuffer(string: "old"), to: .stdout, at: 0)
            try await appender.append(try composer.batch())
            try await output.change { $0.maximumAge = .milliseconds(200) }
            try await eventually("it expires") { try await output.tail(process) == nil }
            try await output.change { $0.maximumAge = .seconds(3_600) }
            composer.add(ByteBuffer(string: "new"), to: .stdout, at: 0)
            try await appender.append(try composer.batch())
            let stored = try await output.stored(process)
            #expect(stored.map(\.position.stdout) == [6])
            #expect(stored[0].firstSequence == 2)
            #expect(appender.firstStreamSequence == 1 && appender.lastStreamSequence == 2)
        }
    }

    @Test func nobodyElseMayAppendInBetween() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let first = output.appender(process, epoch: 1)
            var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
            composer.add(ByteBuffer(string: "a"), to: .stdout, at: 0)
            try await first.append(try composer.batch())
            let taken = try await output.takeOver(process, epoch: 2)
            #expect(taken.previous == composer.position)
            composer.add(ByteBuffer(string: "b"), to: .stdout, at: 0)
            let late = try composer.batch()
            await #expect(throws: OutputError.self) { try await first.append(late) }
            #expect(await isFenced { try await first.append(late) })
            // An owner that comes too late for its own take-over.
            #expect(await isFenced { _ = try await output.takeOver(process, epoch: 1) })
            // Two writers of one epoch, as two gateways are for an observed process: the later one is told the tail.
            let second = output.appender(process, epoch: 2, tail: try await output.tail(process))
            var mine = taken.composer
            mine.add(ByteBuffer(string: "c"), to: .stdout, at: 0)
            try await taken.appender.append(try mine.batch())
            var theirs = taken.composer
            theirs.add(ByteBuffer(string: "d"), to: .stdout, at: 0)
            let conflicting = try theirs.batch()
            do {
                try await second.append(conflicting)
                Issue.record("two were stored at one place")
            } catch OutputError.outdated(let tail) {
                #expect(tail.position == mine.position)
            }
            // The very same batch counts as stored.
            let repeated = output.appender(process, epoch: 2, tail: OutputTail(position: taken.composer.position, streamSequence: 2))
            var again = taken.composer
            again.add(ByteBuffer(string: "c"), to: .stdout, at: 0)
            try await repeated.append(try again.batch())
            let record = try Record(await output.stored(process))
            #expect(String(buffer: record.stdout) == "ac")
        }
    }
}

extension [Bool] {
    /// Stalls that each began and ended; a slow machine may add some.
    fileprivate var isOverAgain: Bool {
        !isEmpty && count.isMultiple(of: 2) && indices.allSatisfy { self[$0] == $0.isMultiple(of: 2) }
    }
}

/// Runs to its end even if the task is cancelled meanwhile.
private func uncancelled<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await Task { try await body() }.value
}

func isFenced(_ body: () async throws -> Void) async -> Bool {
    do {
        try await body()
        return false
    } catch OutputError.fenced {
        return true
    } catch {
        return false
    }
}
