import ArchiveStore
import Bus
import Model
import NATSClient
import NIOCore
import ProcessOutput
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SegmentTests {
    @Test func everyBatchComesBackAsItWas() async throws {
        try await SegmentFixture.with { fixture in
            let batches = try await fixture.write(batches: 60, bytes: 60_000, ends: true)
            let references = try await fixture.archiveAll(limit: 500_000)
            #expect(references.count > 2)
            var read: [ChunkBatch] = []
            var before = OutputPosition()
            for reference in references {
                let piece = try await fixture.batches(of: reference)
                #expect(reference.firstSequence == before.sequence + 1)
                #expect(reference.stdoutStart == before.stdout && reference.stderrStart == before.stderr)
                before = try #require(piece.last?.position)
                #expect(reference.lastSequence == before.sequence)
                #expect(reference.stdoutEnd == before.stdout && reference.stderrEnd == before.stderr)
                #expect(piece.reduce(0) { $0 + $1.encodedLength } <= 500_000)
                read += piece
            }
            #expect(read == batches)
            #expect(before.hasEnded)
            #expect(references.last?.streamSequence == (try await fixture.tail()).streamSequence)
        }
    }

    @Test func readersGoFromTheArchiveToTheStream() async throws {
        try await SegmentFixture.with { fixture in
            var batches = try await fixture.write(batches: 40, bytes: 20_000)
            let references = try await fixture.archiveAll(limit: 200_000)
            let archived = try #require(references.last)
            let last = try #require(batches.last)
            batches += try await fixture.write(batches: 20, bytes: 20_000, from: last.position, ends: true)
            let purged = try await fixture.bus.connection.jetStream()
                .purgeStream(OutputStream.name, before: archived.streamSequence + 1)
            #expect(purged == archived.streamSequence)

            for start in [1, 2, last.lastSequence, last.lastSequence + 1, last.lastSequence + 5] {
                var read: [ChunkBatch] = []
                for try await batch in fixture.reader(references).batches(from: .sequence(start)) { read.append(batch) }
                #expect(read == batches.filter { $0.lastSequence >= start })
            }
            let error = try await outputError {
                for try await _ in fixture.reader([]).batches(from: .sequence(1)) {}
            }
            guard case .expired = error else { throw Unexpected(error: error) }
        }
    }

    @Test func writersOfTheSamePieceWriteTheSame() async throws {
        try await SegmentFixture.with { fixture in
            let batches = try await fixture.write(batches: 10, bytes: 5000)
            let early = try await fixture.tail()
            let first = try #require(try await fixture.writer().write(from: 1, to: early))
            let bytes = try await fixture.archive.get(first.reference.object).collect(upTo: 1 << 20)
            #expect(Int64(bytes.readableBytes) == first.bytes)

            // Another one knows of more. The late repeat of the first must not shorten what that one has told of.
            let more = try await fixture.write(batches: 10, bytes: 5000, from: try #require(batches.last).position)
            let longer = try #require(try await fixture.writer().write(from: 1, to: try await fixture.tail()))
            let repeated = try #require(try await fixture.writer().write(from: 1, to: early))
            #expect(repeated == first)
            #expect(try await fixture.archive.get(first.reference.object).collect(upTo: 1 << 20) == bytes)
            #expect(try await fixture.batches(of: first.reference) == batches)
            #expect(try await fixture.batches(of: longer.reference) == batches + more)
        }
    }

    @Test func pieceEndsBeforeWhatHasExpired() async throws {
        try await SegmentFixture.with { fixture in
            let batches = try await fixture.write(batches: 10, bytes: 2000, ends: true)
            try await fixture.delete(5)
            let references = try await fixture.archiveAll(limit: 1 << 20)
            #expect(references.map(\.streamSequence) == [4, 10])
            let read = [try await fixture.batches(of: references[0]), try await fixture.batches(of: references[1])]
            #expect(read == [Array(batches[..<4]), Array(batches[5...])])
        }
    }

    @Test func nothingThereIsNoPiece() async throws {
        try await SegmentFixture.with { fixture in
            _ = try await fixture.write(batches: 3, bytes: 2000, ends: true)
            let goal = try await fixture.tail()
            #expect(try await fixture.writer().write(from: goal.streamSequence + 1, to: goal) == nil)
            for sequence in 1...3 { try await fixture.delete(UInt64(sequence)) }
            #expect(try await fixture.writer().write(from: 1, to: goal) == nil)
            #expect(try await fixture.writer().firstMessage(from: 1, until: 3) == nil)
        }
    }
}

struct Unexpected: Error {
    let error: (any Error)?
}
