import Bus
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import ProcessOutput
import ServiceHost
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct TakeOverTests {
    /// Owners that replace one another at any moment, each beginning where the one before had come to.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func ownersFollowOneAnotherWithoutAHoleOrADouble(seed: UInt64) async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let other = try await output.connect(as: .worker)
            let stored = NIOLockedValueBox<UInt64>(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                var random = SeededRandom(seed: seed)
                let owners: UInt64 = 6
                for epoch in 1...owners {
                    let bus = epoch.isMultiple(of: 2) ? other : output.worker
                    let seed = random.next()
                    let started = Signal()
                    group.addTask {
                        try await own(output, process, epoch, bus, seed, isLast: epoch == owners) { position in
                            started.fire()
                            stored.withLockedValue { $0 = max($0, position.sequence) }
                        }
                    }
                    // Not before this owner has appended, so that each epoch leaves its mark.
                    await started.wait()
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...40, using: &random)))
                }
                try await group.waitForAll()
            }
            let record = try Record(await output.stored(process))
            #expect(record.position.hasEnded && record.position.epoch == 6)
            #expect(Set(record.epochs) == [1, 2, 3, 4, 5, 6])
            // What was told to be stored is.
            #expect(record.position.sequence >= stored.withLockedValue { $0 })
            let bytes = Array(record.stdout.readableBytesView)
            #expect(bytes == bytes.indices.map { pattern(UInt64($0)) })
            await other.connection.close()
            await other.bulk.close()
        }
    }

    @Test func anEndedRecordIsLeftAlone() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let appender = output.appender(process)
            var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
            composer.add(.exit, ByteBuffer(string: "{}"), at: 0)
            try await appender.append(try composer.batch())
            let taken = try await output.takeOver(process, epoch: 2)
            #expect(taken.previous.hasEnded && taken.previous.epoch == 1)
            #expect(try await output.stored(process).count == 1)
        }
    }

    @Test func aRecordWithoutMessagesGoesOnWhereTheArchiveSays() async throws {
        try await withOutput { output in
            let process = ProcessID.now()
            let known = OutputPosition(sequence: 7, stdout: 100, stderr: 3, epoch: 1)
            let taken = try await OutputAppender.takeOver(
                bus: output.worker,
                workspace: output.workspace,
                sandbox: output.sandbox,
                process: process,
                epoch: 2,
                archived: { OutputTail(position: known, streamSequence: 50) },
                at: 0,
                logger: OutputFixture.logger
            ) { _ in ByteBuffer(string: "{}") }
            #expect(taken.previous == known)
            #expect(try await output.tail(process)?.position == OutputPosition(sequence: 8, stdout: 100, stderr: 3, epoch: 2))
        }
    }
}

/// The byte that a process writes at an offset.
private func pattern(_ offset: UInt64) -> UInt8 { UInt8(0x20 + (offset &* 7 ^ (offset >> 9)) % 0x5F) }

/// Takes over, then appends what comes after the offset that it found, until it is fenced.
private func own(
    _ output: OutputFixture,
    _ process: ProcessID,
    _ epoch: UInt64,
    _ bus: Bus,
    _ seed: UInt64,
    isLast: Bool,
    stored: @Sendable (OutputPosition) -> Void
) async throws {
    var random = SeededRandom(seed: seed)
    let taken = try await output.takeOver(process, epoch: epoch, bus: bus)
    stored(taken.composer.position)
    var composer = taken.composer
    var offset = taken.previous.stdout
    for number in 0... {
        let length = UInt64.random(in: 1...3_000, using: &random)
        composer.add(ByteBuffer(bytes: (offset..<offset + length).map { pattern($0) }), to: .stdout, at: 0)
        offset += length
        if isLast, number == 20 { composer.add(.exit, ByteBuffer(string: "{}"), at: 0) }
        let batch = try composer.batch()
        do {
            try await taken.appender.append(batch)
        } catch OutputError.fenced where !isLast {
            return
        }
        stored(batch.position)
        if batch.position.hasEnded { return }
    }
}
