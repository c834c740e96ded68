import FleetTesting
import Model
import NIOCore
import ProcessOutput
import ServiceHost
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct OutputReaderTests {
    @Test func nothingIsStored() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            #expect(try await output.reader(process).all(from: .sequence(1)).isEmpty)
            #expect(try await output.reader(process).all(from: .offsets(stdout: 0, stderr: nil)).isEmpty)
            let tails = try await output.reader(process).tails(limit: 10)
            #expect(tails.stdout.readableBytes == 0 && tails.position == OutputPosition())
        }
    }

    /// Any place of records of any shape, beside others in the stream, against a model.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func readingBeginsAtAnyNumberAndAnyOffset(seed: UInt64) async throws {
        try await withOutput { output in
            var random = SeededRandom(seed: seed)
            let process = ProcessID.now()
            let written = try await output.write(process, batches: 60, ends: seed % 2 == 0, &random)
            let end = written.batches[59].position
            for hinted in [false, true] {
                let reader = output.reader(
                    process,
                    streamFirst: hinted ? written.sequences.first : nil,
                    streamLast: hinted ? written.sequences.last : nil
                )
                #expect(try await reader.all(from: .sequence(1)) == written.batches)
                #expect(try await reader.all(from: .offsets(stdout: nil, stderr: nil)) == written.batches)
                for _ in 0..<60 {
                    let start = randomStart(end, &random)
                    #expect(try await reader.all(from: start) == written.model(from: start), "\(start)")
                }
            }
        }
    }

    @Test func theLastBytesOfEachStream() async throws {
        try await withOutput { output in
            var random = SeededRandom(seed: 7)
            let process = ProcessID.now()
            // One stream falls silent long before the end.
            let appender = output.appender(process)
            var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
            var record = try Record()
            for number in 0..<60 {
                composer.add(ByteBuffer(bytes: (0..<800).map { _ in .random(in: 0...127, using: &random) }), to: .stdout, at: 0)
                if number % 20 == 3 { composer.add(ByteBuffer(string: "warning \(number)\n"), to: .stderr, at: 0) }
                let batch = try composer.batch()
                try await appender.append(batch)
                try record.add(batch)
            }
            for limit in [0, 1, 100, 801, 5_000, 1_000_000] {
                let tails = try await output.reader(process).tails(limit: limit)
                #expect(tails.stdout == record.stdout.last(limit))
                #expect(tails.stderr == record.stderr.last(limit))
                #expect(tails.position == composer.position)
            }
        }
    }

    @Test func theArchiveComesFirstThenTheStream() async throws {
        try await withOutput { output in
            var random = SeededRandom(seed: 3)
            let process = ProcessID.now()
            let written = try await output.write(process, batches: 40, ends: true, &random)
            // The stream has lost the first 25; two pieces hold the first 30.
            try await output.delete(written.sequences[..<25])
            var archive = SegmentFake()
            archive.add(Array(written.batches[..<12]), streamSequence: written.sequences[11])
            archive.add(Array(written.batches[12..<30]), streamSequence: written.sequences[29])
            for hinted in [false, true] {
                let reader = output.reader(
                    process,
                    archive: archive,
                    streamFirst: hinted ? written.sequences.first : nil,
                    streamLast: hinted ? written.sequences.last : nil
                )
                #expect(try await reader.all(from: .sequence(1)) == written.batches)
                for _ in 0..<60 {
                    let start = randomStart(written.batches[39].position, &random)
                    #expect(try await reader.all(from: start) == written.model(from: start), "\(start)")
                }
                let tails = try await reader.tails(limit: 10_000)
                let record = try Record(written.batches)
                #expect(tails.stdout == record.stdout.last(10_000) && tails.stderr == record.stderr.last(10_000))
            }
        }
    }

    @Test func theArchiveAloneIsEnough() async throws {
        try await withOutput { output in
            var random = SeededRandom(seed: 4)
            let process = ProcessID.now()
            let written = try await output.write(process, batches: 20, ends: true, &random)
            try await output.delete(written.sequences[...])
            var archive = SegmentFake()
            archive.add(Array(written.batches[..<7]), streamSequence: written.sequences[6])
            archive.add(Array(written.batches[7...]), streamSequence: written.sequences[19])
            for last in [nil, written.sequences.last] {
                let reader = output.reader(process, archive: archive, streamLast: last)
                for _ in 0..<40 {
                    let start = randomStart(written.batches[19].position, &random)
                    #expect(try await reader.all(from: start) == written.model(from: start), "\(start)")
                }
                #expect(try await reader.tails(limit: 10_000).position == written.batches[19].position)
            }
        }
    }

    @Test func whatIsNowhereHasExpired() async throws {
        try await withOutput { output in
            var random = SeededRandom(seed: 5)
            let process = ProcessID.now()
            let written = try await output.write(process, batches: 30, ends: true, &random)
            let batches = written.batches
            try await output.delete(written.sequences[..<20])
            // Nothing archived: what comes before the stream's first is gone.
            let bare = output.reader(process)
            let gone = batches[19].lastSequence
            #expect(await expiry { try await bare.all(from: .sequence(1)) } == gone)
            #expect(await expiry { try await bare.all(from: .sequence(gone)) } == gone)
            #expect(await expiry { try await bare.all(from: .offsets(stdout: 0, stderr: nil)) } == gone)
            #expect(try await bare.all(from: .sequence(gone + 1)) == Array(batches[20...]))
            // A hole between the archive and the stream: told where it begins, after what comes before it.
            var archive = SegmentFake()
            archive.add(Array(batches[..<10]), streamSequence: written.sequences[9])
            let holed = output.reader(process, archive: archive)
            var given: [ChunkBatch] = []
            let expired = await expiry { for try await batch in holed.batches(from: .sequence(1)) { given.append(batch) } }
            #expect(given == Array(batches[..<10]) && expired == gone)
            #expect(await expiry { try await holed.all(from: .sequence(batches[9].lastSequence + 1)) } == gone)
            // Pieces deleted from the archive.
            archive.pieces = [:]
            #expect(await expiry { try await output.reader(process, archive: archive).all(from: .sequence(1)) } != nil)
            // All of it.
            try await output.delete(written.sequences[20...])
            let last = written.sequences.last
            #expect(await expiry { try await output.reader(process, streamLast: last).all(from: .sequence(1)) } != nil)
        }
    }

    @Test func aMessageThatCannotBeReadIsNamed() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            try await output.publish(process, header: "2;whatever")
            do {
                _ = try await output.reader(process).all(from: .sequence(1))
                Issue.record("it was read")
            } catch OutputError.malformed(let reason) {
                #expect(reason.contains("version is 2"))
            }
        }
    }

    @Test func readingWaitsForABrokerThatRestarts() async throws {
        try await withOutput { output in
            var random = SeededRandom(seed: 6)
            let process = ProcessID.now()
            let written = try await output.write(process, batches: 40, ends: true, &random)
            var iterator = output.reader(process).batches(from: .sequence(1)).makeAsyncIterator()
            var given: [ChunkBatch] = []
            while let batch = try await iterator.next() {
                given.append(batch)
                if given.count == 20 {
                    await output.nats.runner.kill()
                    try await output.nats.runner.start()
                }
            }
            #expect(given == written.batches)
        }
    }
}

private func randomStart(_ end: OutputPosition, _ random: inout SeededRandom) -> OutputReader.Start {
    if Bool.random(using: &random) { return .sequence(.random(in: 0...end.sequence + 3, using: &random)) }
    let stdout = UInt64.random(in: 0...end.stdout + 10, using: &random)
    let stderr = UInt64.random(in: 0...end.stderr + 10, using: &random)
    switch Int.random(in: 0..<3, using: &random) {
    case 0: return .offsets(stdout: stdout, stderr: nil)
    case 1: return .offsets(stdout: nil, stderr: stderr)
    default: return .offsets(stdout: stdout, stderr: stderr)
    }
}

/// Up to which chunk the body says that everything has expired.
private func expiry(_ body: () async throws -> some Any) async -> UInt64? {
    do {
        _ = try await body()
        return nil
    } catch OutputError.expired(let last) {
        return last
    } catch {
        Issue.record(error)
        return nil
    }
}
