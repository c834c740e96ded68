package import NIOCore

extension Chunk {
    /// Bytes in front of each payload.
    package static let headerLength = 24
}

extension ChunkBatch {
    package var firstSequence: UInt64 { chunks.first?.sequence ?? position.sequence + 1 }
    package var lastSequence: UInt64 { position.sequence }

    package var header: BatchHeader { BatchHeader(firstSequence: firstSequence, position: position) }

    /// Bytes of the stored body.
    package var encodedLength: Int {
        chunks.reduce(0) { $0 + Chunk.headerLength + $1.payload.readableBytes }
    }

    /// The stored body: the chunks one after another.
    package func encoded() -> ByteBuffer {
        var body = ByteBuffer()
        body.reserveCapacity(encodedLength)
        for chunk in chunks {
            body.writeMultipleIntegers(
                chunk.type.rawValue,
                UInt8(0),
                UInt16(0),
                UInt32(chunk.payload.readableBytes),
                chunk.at,
                chunk.offset
            )
            body.writeImmutableBuffer(chunk.payload)
        }
        return body
    }

    /// Reads a stored message; the payloads are slices of its body.
    package init(header text: String?, body: ByteBuffer) throws(OutputError) {
        guard let text else { throw .malformed("it has no header") }
        try self.init(header: BatchHeader(text), body: body)
    }

    package init(header: BatchHeader, body: ByteBuffer) throws(OutputError) {
        var body = body
        var chunks: [Chunk] = []
        var sequence = header.firstSequence
        while body.readableBytes > 0 {
            guard
                let fields = body.readMultipleIntegers(as: (UInt8, UInt8, UInt16, UInt32, Int64, UInt64).self),
                let payload = body.readSlice(length: Int(fields.3))
            else { throw .malformed("its body is cut off") }
            guard let type = ChunkType(rawValue: fields.0) else {
                throw .malformed("it has a chunk of type \(fields.0)")
            }
            guard sequence <= header.position.sequence else {
                throw .malformed("it has more chunks than its header says")
            }
            chunks.append(Chunk(sequence: sequence, type: type, at: fields.4, offset: fields.5, payload: payload))
            sequence &+= 1
        }
        guard sequence == header.position.sequence &+ 1 else {
            throw .malformed("it has fewer chunks than its header says")
        }
        self.init(chunks: chunks, position: header.position)
        try checkOffsets()
    }
}

extension ChunkBatch {
    /// Where a stream stood before this batch; nil when the batch has more bytes of it than it counts.
    package func start(of type: ChunkType) -> UInt64? {
        let length = chunks.reduce(UInt64(0)) { $1.type == type ? $0 + UInt64($1.payload.readableBytes) : $0 }
        let end = position.bytes(of: type)
        return length <= end ? end - length : nil
    }

    /// Each chunk of a stream begins where the one before it ended, and the last ends where the header says.
    private func checkOffsets() throws(OutputError) {
        guard var stdout = start(of: .stdout), var stderr = start(of: .stderr) else {
            throw .malformed("its offsets are damaged")
        }
        for (index, chunk) in chunks.enumerated() {
            let length = UInt64(chunk.payload.readableBytes)
            let isInPlace =
                switch chunk.type {
                case .stdout: chunk.offset == stdout
                case .stderr: chunk.offset == stderr
                default: true
                }
            guard isInPlace else { throw .malformed("its offsets are damaged") }
            if chunk.type == .stdout { stdout += length }
            if chunk.type == .stderr { stderr += length }
            if chunk.type.isLast, index != chunks.count - 1 || !position.hasEnded {
                throw .malformed("a chunk follows the last")
            }
        }
    }
}
