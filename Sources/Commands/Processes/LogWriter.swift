import FoundationEssentials
import NIOCore
import SandfleetClient

/// Writes chunks of output as they are, with the time before each line, or as a line of JSON each.
struct LogWriter {
    let isJSON: Bool
    let showsTime: Bool
    /// The streams whose last line is not complete.
    private var open: Set<OutputChunk.Kind> = []

    init(isJSON: Bool, showsTime: Bool) {
        self.isJSON = isJSON
        self.showsTime = showsTime
    }

    mutating func write(_ chunk: OutputChunk) async throws {
        if isJSON {
            var line = ByteBuffer(bytes: try APICoding.encoder().encode(chunk))
            line.writeString("\n")
            return try await BlockingDescriptor.standardOutput.write(line)
        }
        guard let bytes = chunk.bytes else { return try await ChunkPrinter.write(chunk) }
        let target = chunk.type == .stderr ? BlockingDescriptor.standardError : .standardOutput
        try await target.write(showsTime ? stamped(chunk, bytes) : bytes)
    }

    private mutating func stamped(_ chunk: OutputChunk, _ bytes: ByteBuffer) -> ByteBuffer {
        let stamp = (chunk.at.map(APICoding.text) ?? "-") + " "
        var rest = bytes.readableBytesView
        var lines = ByteBuffer()
        while !rest.isEmpty {
            if !open.contains(chunk.type) { lines.writeString(stamp) }
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...]
            lines.writeBytes(line)
            guard rest.popFirst() != nil else {
                open.insert(chunk.type)
                break
            }
            lines.writeString("\n")
            open.remove(chunk.type)
        }
        return lines
    }
}
