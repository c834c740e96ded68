import FoundationEssentials
import Model
import NIOCore
import ProcessOutput

/// Chunks that an observed process's reporter appends, read strictly.
struct ObservedChunks: Sendable {
    /// The most chunks of one request.
    static let limit = 1000
    /// The most bytes of output in one stored chunk: what a batch holds.
    private static let longest = ChunkBatch.maximumLength - Chunk.headerLength

    enum Content: Sendable {
        case output(ByteBuffer)
        case object(JSONValue)
        case end(ProcessEnd)
    }

    struct Piece: Sendable {
        var type: ChunkType
        var at: Int64
        var content: Content
    }

    /// What is to be stored, one piece a number.
    ///
    /// The same request gives the same pieces, whatever was stored before: so a repeat is told by its numbers.
    var pieces: [Piece] = []
    /// The number that the first one is to get.
    var sequence: UInt64?

    /// The end that they bring, when they do.
    var end: ProcessEnd? {
        if case .end(let end)? = pieces.last?.content { end } else { nil }
    }

    init(_ body: JSONValue, now: Int64) throws(Fault) {
        var reader = try JSONObjectReader(body)
        sequence = try reader.integer("seq", in: 1...Int64.max / 2).map { UInt64($0) }
        guard let values = try reader.array("chunks", limit: Self.limit) else {
            throw reader.invalid("chunks", "is missing")
        }
        guard !values.isEmpty else { throw reader.invalid("chunks", "may not be empty") }
        try reader.finish()
        for (index, value) in values.enumerated() {
            guard end == nil else { throw reader.invalid("chunks[\(index)]", "comes after the last chunk") }
            var fields = try JSONObjectReader(value, path: "$.chunks[\(index)]")
            try read(&fields, now: now)
            try fields.finish()
        }
    }

    private mutating func read(_ fields: inout JSONObjectReader, now: Int64) throws(Fault) {
        let word = try fields.string(try fields.required("type"), "type", in: 1...32)
        guard let type = ChunkType.allCases.first(where: { $0.name == word }) else {
            throw fields.invalid("type", "has to be one of \(ChunkType.allCases.map(\.name).joined(separator: ", "))")
        }
        let at = try fields.time("at") ?? now
        if type.isOutput {
            var bytes = try Self.output(&fields)
            repeat {
                let length = UTF8Text.cut(bytes, limit: Self.longest)
                let piece = bytes.readSlice(length: length) ?? ByteBuffer()
                pieces.append(Piece(type: type, at: at, content: .output(piece)))
            } while bytes.readableBytes > 0
            return
        }
        let data = fields.value("data") ?? .object([])
        guard type.isLast else {
            guard case .object = data else {
                throw JSONObjectReader.wrongType(fields.child("data"), expected: "object", got: data)
            }
            guard data.encoded.readableBytes <= Self.longest else {
                throw fields.invalid("data", "may have at most \(Self.longest) bytes")
            }
            pieces.append(Piece(type: type, at: at, content: .object(data)))
            return
        }
        pieces.append(Piece(type: type, at: at, content: .end(try Self.end(type, data, fields.child("data")))))
    }

    private static func output(_ fields: inout JSONObjectReader) throws(Fault) -> ByteBuffer {
        let text = try fields.string("text", in: 1...Int.max)
        let encoded = try fields.string("base64", in: 1...Int.max)
        if let text {
            guard encoded == nil else { throw fields.invalid("base64", "cannot be there together with text") }
            return ByteBuffer(string: text)
        }
        guard let encoded else { throw fields.invalid("text", "or base64 is missing") }
        guard let bytes = Data(base64Encoded: encoded) else { throw fields.invalid("base64", "is not base64") }
        return ByteBuffer(bytes: bytes)
    }

    /// An `exit` tells the end as `finish` does; an `error` adds a code, which says what is meant when no status does.
    static func end(_ type: ChunkType, _ data: JSONValue, _ path: String) throws(Fault) -> ProcessEnd {
        var reader = try JSONObjectReader(data, path: path)
        // Counts are those of what is stored.
        _ = try reader.integer("stdoutBytes", in: 0...Int64.max)
        _ = try reader.integer("stderrBytes", in: 0...Int64.max)
        let code = try reader.line("code", in: 1...64)
        let standard: ProcessStatus? = type == .exit ? nil : code == OutputEnd.processLost ? .lost : .failed
        let end = try ObservedEnd(&reader, standard: standard).end
        try reader.finish()
        guard end.chunkType == type else {
            throw reader.invalid("status", "is told by a chunk of type \(end.chunkType.name)")
        }
        return end
    }
}
