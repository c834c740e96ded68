import Model
import NIOCore
import ProcessOutput

@testable import Gateway

/// A made-up record: what a process wrote, in batches as they are stored.
struct RandomRecord {
    var stdout: [UInt8] = []
    var stderr: [UInt8] = []
    var batches: [ChunkBatch] = []

    var chunks: [Chunk] { batches.flatMap(\.chunks) }
    var position: OutputPosition { batches.last?.position ?? OutputPosition() }

    /// - Parameter length: The most bytes of one chunk.
    init(batches count: Int, length: Int = 40, ends: Bool = true, using random: inout Seeded) {
        var position = OutputPosition()
        for index in 0..<count {
            var chunks: [Chunk] = []
            if index == 0 { chunks.append(Self.control(.status, #"{"status":"running"}"#, &position)) }
            for _ in 0..<Int.random(in: 1...4, using: &random) { chunks.append(output(&position, length, &random)) }
            if ends, index == count - 1 {
                position.hasEnded = true
                chunks.append(Self.control(.exit, #"{"status":"exited","exitCode":0}"#, &position))
            }
            batches.append(ChunkBatch(chunks: chunks, position: position))
        }
    }

    private mutating func output(_ position: inout OutputPosition, _ length: Int, _ random: inout Seeded) -> Chunk {
        let isText = Bool.random(using: &random)
        var bytes: [UInt8] = []
        while bytes.isEmpty {
            bytes =
                isText
                ? Array(String.random(using: &random).utf8.prefix(length))
                : (0..<Int.random(in: 1...length, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        position.sequence += 1
        let isError = Bool.random(using: &random)
        let offset = isError ? position.stderr : position.stdout
        if isError {
            stderr += bytes
            position.stderr += UInt64(bytes.count)
        } else {
            stdout += bytes
            position.stdout += UInt64(bytes.count)
        }
        return Chunk(
            sequence: position.sequence,
            type: isError ? .stderr : .stdout,
            at: 1_700_000_000_123,
            offset: offset,
            payload: ByteBuffer(bytes: bytes)
        )
    }

    static func control(_ type: ChunkType, _ json: String, _ position: inout OutputPosition) -> Chunk {
        position.sequence += 1
        return Chunk(sequence: position.sequence, type: type, at: 1500, offset: 0, payload: ByteBuffer(string: json))
    }
}

/// What a client makes of an answer.
struct ReadRecord {
    var numbers: [Int64] = []
    var types: [String] = []
    var stdout: [UInt8] = []
    var stderr: [UInt8] = []
    var offsets: [Int64] = []
    var last: JSONValue?

    init(lines: [UInt8]) throws {
        for line in lines.split(separator: 0x0A) { try add(JSONParser.parse(Array(line))) }
    }

    /// - Parameter events: Server-sent events.
    init(events: [UInt8]) throws {
        var expected: [String] = []
        for line in String(decoding: events, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true) {
            let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "id", "event": expected.append(parts[1])
            case "data":
                try add(JSONParser.parse(Array(parts[1].utf8)))
                guard expected == ["\(numbers.last ?? 0)", types.last ?? ""] else { throw Mismatch() }
                expected = []
            default: break
            }
        }
    }

    struct Mismatch: Error {}

    private mutating func add(_ chunk: JSONValue) throws {
        guard case .integer(let number)? = chunk["seq"] else { return }
        guard case .string(let type)? = chunk["type"], let data = chunk["data"] else { throw Mismatch() }
        numbers.append(number)
        types.append(type)
        last = chunk
        var bytes: [UInt8] = []
        if case .string(let text)? = data["text"] { bytes = Array(text.utf8) }
        if case .string(let text)? = data["base64"] { bytes = Array(base64: text) }
        if case .integer(let offset)? = data["offset"] { offsets.append(offset) }
        if type == "stdout" { stdout += bytes }
        if type == "stderr" { stderr += bytes }
    }
}

extension [UInt8] {
    fileprivate init(base64 text: String) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        self = []
        var bits = 0
        var value: UInt32 = 0
        for letter in text.utf8 {
            guard let digit = alphabet.firstIndex(of: letter) else { break }
            value = value << 6 | UInt32(digit)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
        }
    }
}
