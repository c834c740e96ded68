import NIOCore
import ProcessOutput
import Testing

@testable import Gateway

@Suite("Cutting a record to what was asked for")
struct OutputCutTests {
    @Test func byNumberEverythingBeforeIsLeftOut() {
        var random = Seeded(seed: 31)
        let record = RandomRecord(batches: 6, using: &random)
        for first in 1...(record.position.sequence + 2) {
            let cut = OutputCut(from: first)
            let wanted = record.batches.flatMap { cut.wanted(of: $0) }
            #expect(wanted == record.chunks.filter { $0.sequence >= first })
        }
    }

    @Test func byBytesEachStreamBeginsWhereItWasAsked() throws {
        var random = Seeded(seed: 32)
        for _ in 0..<300 {
            let record = RandomRecord(batches: Int.random(in: 1...5, using: &random), using: &random)
            let out = Bool.random(using: &random) ? UInt64.random(in: 0...UInt64(record.stdout.count), using: &random) : nil
            let err =
                out == nil || Bool.random(using: &random)
                ? UInt64.random(in: 0...UInt64(record.stderr.count), using: &random) : nil
            let cut = OutputCut(stdout: out, stderr: err)
            // As the reader gives them: from the batch on that holds the start, or the last.
            let begin = record.batches.firstIndex { batch in
                batch.position.hasEnded || out.map { batch.position.stdout > $0 } ?? false
                    || err.map { batch.position.stderr > $0 } ?? false
            }
            let wanted = record.batches[(begin ?? 0)...].flatMap { cut.wanted(of: $0) }
            #expect(Self.bytes(wanted, .stdout) == out.map { Array(record.stdout.dropFirst(Int($0))) } ?? [])
            #expect(Self.bytes(wanted, .stderr) == err.map { Array(record.stderr.dropFirst(Int($0))) } ?? [])
            for (type, start) in [(ChunkType.stdout, out), (.stderr, err)] {
                let first = wanted.first { $0.type == type }
                if let first { #expect(first.offset == start) }
            }
            #expect(wanted.map(\.sequence) == wanted.map(\.sequence).sorted())
            #expect(Set(wanted.map(\.sequence)).count == wanted.count)
            #expect(wanted.last?.type == .exit)
        }
    }

    @Test func aResumedReaderKeepsItsCut() {
        var random = Seeded(seed: 33)
        let record = RandomRecord(batches: 4, using: &random)
        let whole = OutputCut(stdout: 3, stderr: nil)
        let chunks = record.batches.flatMap { whole.wanted(of: $0) }
        for chunk in chunks {
            let resumed = OutputCut(stdout: 3, stderr: nil, from: chunk.sequence)
            #expect(record.batches.flatMap { resumed.wanted(of: $0) } == chunks.filter { $0.sequence >= chunk.sequence })
        }
    }

    private static func bytes(_ chunks: [Chunk], _ type: ChunkType) -> [UInt8] {
        chunks.filter { $0.type == type }.flatMap { Array(buffer: $0.payload) }
    }
}
