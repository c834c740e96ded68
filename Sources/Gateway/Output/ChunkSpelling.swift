package import Model
package import NIOCore
package import ProcessOutput

/// Spells the chunks of one process, in pieces that a slow reader can hold.
///
/// Output is spelled straight from the stored bytes into what goes to the socket: one look whether it is text, one pass.
package struct ChunkSpelling: Sendable {
    /// About how many bytes of output make a piece; three divides it, so that base64 can be cut there.
    package static let pieceLength = 65_535
    /// A text that is longer than this, and mostly control characters, is shorter as base64.
    private static let alwaysText = 1024

    private enum Payload {
        case text
        case base64
    }

    private let format: OutputFormat
    /// Everything between the type and the data, which is the same for all chunks.
    private let middle: String
    private var spelledTime: (at: Int64, text: String) = (0, ISO8601.string(milliseconds: 0))

    private var chunks: ArraySlice<Chunk> = []
    /// How much of the first chunk's payload is spelled, and how; nil before it is begun.
    private var begun: (offset: Int, payload: Payload)?

    package init(_ format: OutputFormat, sandbox: SandboxID, process: ProcessID) {
        self.format = format
        middle = "\",\"sandboxId\":\"\(sandbox)\",\"processId\":\"\(process)\",\"data\":"
    }

    /// Adds chunks to what is to be spelled.
    package mutating func add(_ more: [Chunk]) {
        chunks = chunks.isEmpty ? more[...] : chunks + more
    }

    /// The next piece; nil when everything is spelled.
    package mutating func next() -> ByteBuffer? {
        guard !chunks.isEmpty else { return nil }
        var piece = ByteBuffer()
        while piece.readableBytes < Self.pieceLength, let chunk = chunks.first {
            spell(chunk, into: &piece)
        }
        return piece
    }

    /// Says that the connection lives; it is not part of the record and has no number (rule 15).
    package func heartbeat(at milliseconds: Int64) -> ByteBuffer {
        switch format {
        case .events: return ByteBuffer(string: ": heartbeat\n\n")
        case .lines:
            let time = ISO8601.string(milliseconds: milliseconds)
            return ByteBuffer(string: "{\"version\":1,\"at\":\"\(time)\",\"type\":\"heartbeat\(middle){}}\n")
        }
    }

    /// Spells a whole chunk, or what fits of one that is long.
    private mutating func spell(_ chunk: Chunk, into piece: inout ByteBuffer) {
        let length = chunk.payload.readableBytes
        guard chunk.type.isOutput else {
            writeHead(chunk, into: &piece)
            piece.writeImmutableBuffer(length > 0 ? chunk.payload : ByteBuffer(string: "{}"))
            writeEnd(into: &piece)
            chunks.removeFirst()
            return
        }
        var (offset, payload) = begun ?? (0, .text)
        if begun == nil {
            payload = chunk.payload.withUnsafeReadableBytes(Self.isText) ? .text : .base64
            piece.reserveCapacity(min(length, Self.pieceLength) * 4 / 3 + 512)
            writeHead(chunk, into: &piece)
            piece.writeStaticString(payload == .text ? "{\"text\":\"" : "{\"base64\":\"")
        }
        let part = min(Self.pieceLength, length - offset)
        chunk.payload.withUnsafeReadableBytes { bytes in
            let bytes = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + part)])
            switch payload {
            case .text: JSONText.writeEscaped(bytes, into: &piece)
            case .base64: Base64Text.write(bytes, into: &piece)
            }
        }
        offset += part
        guard offset == length else {
            begun = (offset, payload)
            return
        }
        piece.writeString("\",\"offset\":\(chunk.offset)}")
        writeEnd(into: &piece)
        begun = nil
        chunks.removeFirst()
    }

    private mutating func writeHead(_ chunk: Chunk, into piece: inout ByteBuffer) {
        if spelledTime.at != chunk.at { spelledTime = (chunk.at, ISO8601.string(milliseconds: chunk.at)) }
        let type = chunk.type.name
        if format == .events { piece.writeString("id: \(chunk.sequence)\nevent: \(type)\ndata: ") }
        piece.writeString(
            "{\"version\":1,\"at\":\"\(spelledTime.text)\",\"seq\":\(chunk.sequence),\"type\":\"\(type)\(middle)"
        )
    }

    private func writeEnd(into piece: inout ByteBuffer) {
        piece.writeStaticString(format == .events ? "}\n\n" : "}\n")
    }

    /// Whether bytes go as text: they are UTF-8, and base64 would not be far shorter.
    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard UTF8Text.validPrefix(of: bytes) == bytes.count else { return false }
        guard bytes.count > alwaysText else { return true }
        // Six bytes for one: text that would be spelled with more than twice its length.
        let limit = bytes.count / 5
        return JSONText.longEscapes(in: bytes, upTo: limit) <= limit
    }
}
