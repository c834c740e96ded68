import NIOCore
import ProcessOutput
import Testing

struct ChunkComposerTests {
    @Test func adjacentBytesOfOneStreamAreOneChunk() throws {
        var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
        for text in ["a", "bc", "d"] { composer.add(ByteBuffer(string: text), to: .stdout, at: 7) }
        composer.add(ByteBuffer(string: "!"), to: .stderr, at: 8)
        composer.add(ByteBuffer(string: "e"), to: .stdout, at: 9)
        let batch = try composer.batch()
        #expect(batch.chunks.map { String(buffer: $0.payload) } == ["abcd", "!", "e"])
        #expect(batch.chunks.map(\.type) == [.stdout, .stderr, .stdout])
        #expect(batch.chunks.map(\.offset) == [0, 0, 4])
        #expect(batch.chunks.map(\.at) == [7, 8, 9])
        #expect(batch.position == OutputPosition(sequence: 3, stdout: 5, stderr: 1, epoch: 1))
        #expect(composer.next() == nil && composer.isEmpty && composer.pendingBytes == 0)
    }

    @Test func aCodePointWaitsForItsRestAndItsStreamAlone() throws {
        var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
        let snowman = Array("☃".utf8)
        composer.add(ByteBuffer(bytes: Array("x".utf8) + snowman[..<1]), to: .stdout, at: 0)
        composer.add(ByteBuffer(bytes: snowman[..<2]), to: .stderr, at: 0)
        let first = try composer.batch()
        #expect(first.chunks.map { String(buffer: $0.payload) } == ["x"])
        #expect(composer.isEmpty && composer.pendingBytes == 3)
        composer.add(ByteBuffer(bytes: snowman[1..<2]), to: .stdout, at: 0)
        #expect(composer.next() == nil)
        composer.add(ByteBuffer(bytes: snowman[2...]), to: .stdout, at: 0)
        composer.add(ByteBuffer(bytes: snowman[2...]), to: .stderr, at: 0)
        let second = try composer.batch()
        #expect(second.chunks.map { String(buffer: $0.payload) } == ["☃", "☃"])
        #expect(second.chunks.map(\.offset) == [1, 0])
    }

    @Test func invalidBytesDoNotWait() throws {
        var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
        for bytes: [UInt8] in [[0xFF], [0x80], [0xC0], [0xE2, 0x41], [0xED, 0xA0], [0xF5]] {
            composer.add(ByteBuffer(bytes: bytes), to: .stdout, at: 0)
            #expect(composer.next()?.chunks.map { Array($0.payload.readableBytesView) } == [bytes])
        }
        #expect(composer.pendingBytes == 0)
    }

    @Test func theEndTakesWhatWaitsAlong() throws {
        var composer = ChunkComposer(position: OutputPosition(sequence: 9, stdout: 4, stderr: 5, epoch: 3), epoch: 4)
        composer.add(ByteBuffer(bytes: [0xF0, 0x9F, 0x98]), to: .stdout, at: 0)
        composer.add(ByteBuffer(bytes: [0xC3]), to: .stderr, at: 0)
        // A chunk in between takes nothing along.
        composer.add(.metadata, ByteBuffer(string: "{}"), at: 0)
        composer.add(.exit, ByteBuffer(string: "{}"), at: 1)
        composer.add(.error, ByteBuffer(string: "{}"), at: 2)
        composer.add(ByteBuffer(string: "late"), to: .stdout, at: 2)
        let batch = try composer.batch()
        #expect(batch.chunks.map(\.type) == [.metadata, .stdout, .stderr, .exit])
        #expect(
            batch.position == OutputPosition(sequence: 13, stdout: 7, stderr: 6, epoch: 4, hasEnded: true)
                && composer.position == batch.position
        )
        #expect(composer.next() == nil && composer.pendingBytes == 0)
        var ended = ChunkComposer(position: batch.position, epoch: 5)
        ended.add(.status, ByteBuffer(string: "{}"), at: 0)
        #expect(ended.next() == nil)
    }

    @Test func aBatchIsNeverTooLarge() throws {
        var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
        composer.add(.status, ByteBuffer(string: "{}"), at: 0)
        composer.add(ByteBuffer(repeating: 0x61, count: 1_000_000), to: .stdout, at: 0)
        composer.add(.metadata, ByteBuffer(repeating: 0x20, count: 200_000), at: 0)
        composer.add(.metadata, ByteBuffer(repeating: 0x20, count: 200_000), at: 0)
        var lengths: [Int] = []
        while let batch = composer.next() {
            lengths.append(batch.encoded().readableBytes)
            #expect(batch.encodedLength <= ChunkBatch.maximumLength)
        }
        // Full ones while there is enough.
        #expect(lengths.prefix(3) == [262_144, 262_144, 262_144])
        #expect(composer.position.stdout == 1_000_000 && composer.position.sequence == 7)
    }

    /// Any splitting of any bytes, taken out at any time.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func everyByteComesOnceInOrderAndNoCodePointIsCut(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let start = OutputPosition(
            sequence: .random(in: 0...50, using: &random),
            stdout: .random(in: 0...1_000, using: &random),
            stderr: .random(in: 0...1_000, using: &random)
        )
        var composer = ChunkComposer(position: start, epoch: 2)
        var model = ComposerModel(start)
        let maximum = seed < 2 ? 300_000 : [3, 40, 1_000].randomElement(using: &random) ?? 3
        for _ in 0..<Int.random(in: 1...(seed < 2 ? 12 : 120), using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                composer.add(.metadata, ByteBuffer(string: "{}"), at: 0)
                model.control += 1
            case 1, 2:
                if let batch = composer.next() { try model.take(batch) }
            default:
                let bytes = randomBytes(upTo: maximum, &random)
                let stream: ChunkType = Bool.random(using: &random) ? .stdout : .stderr
                composer.add(ByteBuffer(bytes: bytes), to: stream, at: 0)
                model.added[stream, default: []] += bytes
            }
        }
        composer.add(.exit, ByteBuffer(string: "{}"), at: 0)
        model.control += 1
        while let batch = composer.next() { try model.take(batch) }
        try model.finish()
        #expect(composer.pendingBytes == 0 && composer.isEmpty)
    }

    /// Text of all lengths of code points, cut anywhere, with rubbish in between.
    private func randomBytes(upTo maximum: Int, _ random: inout SeededRandom) -> [UInt8] {
        let pieces: [[UInt8]] = [
            Array("a".utf8), Array("é".utf8), Array("☃".utf8), Array("😀".utf8), [0xFF], [0xE2], [0x80], [0xF0, 0x9F], [0],
        ]
        let count = Int.random(in: 0...maximum, using: &random)
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += pieces.randomElement(using: &random) ?? [] }
        return Array(bytes.dropFirst(Int.random(in: 0...3, using: &random)).prefix(count))
    }
}

/// What a composer was given and gave.
private struct ComposerModel {
    var added: [ChunkType: [UInt8]] = [:]
    var control = 0
    private var taken: [ChunkType: [UInt8]] = [:]
    private var cuts: [ChunkType: Set<Int>] = [:]
    private var takenControl = 0
    private let start: OutputPosition
    private var position: OutputPosition

    init(_ start: OutputPosition) {
        self.start = start
        position = start
    }

    mutating func take(_ batch: ChunkBatch) throws {
        #expect(batch.encodedLength <= ChunkBatch.maximumLength)
        #expect(try ChunkBatch(header: batch.header.text, body: batch.encoded()) == batch)
        for chunk in batch.chunks {
            #expect(chunk.sequence == position.sequence + 1)
            position.sequence = chunk.sequence
            guard chunk.type.isOutput else {
                takenControl += 1
                continue
            }
            let begin = chunk.type == .stdout ? start.stdout : start.stderr
            #expect(chunk.offset == begin + UInt64(taken[chunk.type, default: []].count))
            #expect(chunk.payload.readableBytes > 0)
            taken[chunk.type, default: []] += Array(chunk.payload.readableBytesView)
            cuts[chunk.type, default: []].insert(taken[chunk.type, default: []].count)
        }
        #expect(batch.position.sequence == position.sequence)
        #expect(batch.position.stdout == start.stdout + UInt64(taken[.stdout, default: []].count))
        #expect(batch.position.stderr == start.stderr + UInt64(taken[.stderr, default: []].count))
    }

    func finish() throws {
        #expect(takenControl == control)
        for stream in [ChunkType.stdout, .stderr] {
            let bytes = added[stream, default: []]
            #expect(taken[stream, default: []] == bytes)
            #expect(cuts[stream, default: []].isDisjoint(with: insides(of: bytes)))
        }
    }

    /// The places inside valid code points; the standard library's decoder is the judge of what is one.
    private func insides(of bytes: [UInt8]) -> Set<Int> {
        var found: Set<Int> = []
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            let length = (2...4)
                .first { length in
                    guard index + length <= bytes.count else { return false }
                    let text = String(validating: bytes[index..<index + length], as: UTF8.self)
                    return text?.unicodeScalars.count == 1
                }
            if let length { found.formUnion(index + 1..<index + length) }
            index += length ?? 1
        }
        return found
    }
}
