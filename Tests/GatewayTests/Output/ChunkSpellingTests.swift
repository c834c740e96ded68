import Model
import NIOCore
import ProcessOutput
import Testing

@testable import Gateway

@Suite("Spelling of chunks")
struct ChunkSpellingTests {
    private static let sandbox = SandboxID("01hzzzzzzzzzzzzzzzzzzzzzzz")
    private static let process = ProcessID("01hyyyyyyyyyyyyyyyyyyyyyyy")

    private func spelling(_ format: OutputFormat) throws -> ChunkSpelling {
        ChunkSpelling(format, sandbox: try #require(Self.sandbox), process: try #require(Self.process))
    }

    private func pieces(_ format: OutputFormat, _ batches: [ChunkBatch]) throws -> [ByteBuffer] {
        var spelling = try spelling(format)
        var pieces: [ByteBuffer] = []
        for batch in batches {
            spelling.add(batch.chunks)
            while let piece = spelling.next() { pieces.append(piece) }
        }
        return pieces
    }

    @Test(arguments: [1, 40, 200_000])
    func everyByteIsThereInBothForms(_ length: Int) throws {
        var random = Seeded(seed: UInt64(length))
        for _ in 0..<(length > 1000 ? 3 : 200) {
            let record = RandomRecord(batches: 3, length: length, using: &random)
            for format in [OutputFormat.lines, .events] {
                let bytes = try pieces(format, record.batches).flatMap { Array(buffer: $0) }
                let read = try format == .lines ? ReadRecord(lines: bytes) : ReadRecord(events: bytes)
                #expect(read.stdout == record.stdout && read.stderr == record.stderr)
                #expect(read.numbers == record.chunks.map { Int64($0.sequence) })
                #expect(read.types == record.chunks.map(\.type.name))
                #expect(read.offsets == record.chunks.filter(\.type.isOutput).map { Int64($0.offset) })
            }
        }
    }

    @Test func linesAreWhatTheContractSays() throws {
        var position = OutputPosition()
        var chunks = [RandomRecord.control(.status, #"{"status":"running","epoch":1}"#, &position)]
        for (type, bytes) in [(ChunkType.stdout, Array("a\0\"é".utf8)), (.stderr, [0xFF, 0x00])] {
            chunks.append(
                Chunk(sequence: UInt64(chunks.count + 1), type: type, at: 1500, offset: 7, payload: ByteBuffer(bytes: bytes))
            )
        }
        position.sequence = 3
        chunks.append(RandomRecord.control(.metadata, "", &position))
        let lines = try pieces(.lines, [ChunkBatch(chunks: chunks, position: position)])
        #expect(lines.count == 1)
        let contract = try Contract()
        let values = try lines.flatMap { Array(buffer: $0) }.split(separator: 0x0A)
            .map { line in
                let value = try JSONParser.parse(Array(line))
                #expect(contract.violations(of: value, against: "Chunk") == [])
                return value
            }
        #expect(values.map { $0["seq"] } == [1, 2, 3, 4])
        #expect(values[0]["at"] == "1970-01-01T00:00:01.500Z" && values[0]["data"]?["epoch"] == 1)
        #expect(values[1]["data"] == ["text": "a\0\"é", "offset": 7])
        #expect(values[2]["data"] == ["base64": "/wA=", "offset": 7])
        #expect(values[3]["data"] == .object([]))

        let heartbeat = try spelling(.lines).heartbeat(at: 1500)
        let value = try JSONParser.parse(Array(buffer: heartbeat))
        #expect(contract.violations(of: value, against: "Chunk") == [] && value["seq"] == nil)
        #expect(heartbeat.readableBytesView.last == 0x0A)
        #expect(try String(buffer: spelling(.events).heartbeat(at: 0)) == ": heartbeat\n\n")
    }

    @Test func aLongChunkIsSpelledInPiecesThatFit() throws {
        for byte in [UInt8(ascii: "x"), UInt8(ascii: "\n"), 0xFF, 0x00] {
            let payload = ByteBuffer(repeating: byte, count: ChunkBatch.maximumLength - 24)
            let chunk = Chunk(sequence: 1, type: .stdout, at: 0, offset: 0, payload: payload)
            let position = OutputPosition(sequence: 1, stdout: UInt64(payload.readableBytes))
            let pieces = try pieces(.lines, [ChunkBatch(chunks: [chunk], position: position)])
            #expect(pieces.count >= 4)
            #expect(pieces.allSatisfy { $0.readableBytes <= 2 * ChunkSpelling.pieceLength + 512 })
            let read = try ReadRecord(lines: pieces.flatMap { Array(buffer: $0) })
            #expect(read.stdout == Array(buffer: payload))
        }
    }

    @Test func aLongTextOfControlCharactersIsBytes() throws {
        func isText(_ bytes: [UInt8]) throws -> Bool {
            let chunk = Chunk(sequence: 1, type: .stdout, at: 0, offset: 0, payload: ByteBuffer(bytes: bytes))
            let pieces = try pieces(.lines, [ChunkBatch(chunks: [chunk], position: OutputPosition(sequence: 1))])
            return try JSONParser.parse(pieces.flatMap { Array(buffer: $0) })["data"]?["text"] != nil
        }
        #expect(try isText([UInt8](repeating: 0, count: 1024)))
        #expect(try !isText([UInt8](repeating: 0, count: 1025)))
        #expect(try isText([UInt8](repeating: 0x0A, count: 4000)))
        #expect(try isText([UInt8](repeating: 0x1B, count: 800) + [UInt8](repeating: 0x20, count: 3200)))
        #expect(try !isText([UInt8](repeating: 0x1B, count: 801) + [UInt8](repeating: 0x20, count: 3199)))
    }
}
