package import NIOCore

extension OutputReader {
    /// Batches without a byte of a stream that are read before its next byte is searched for.
    private static let patience = 8

    /// The last `limit` bytes of each stream, and where the record stands.
    ///
    /// One message is read where one holds them all; never more than what is asked for and what lies around it, however
    /// long the record is.
    package func tails(limit: Int) async throws -> (stdout: ByteBuffer, stderr: ByteBuffer, position: OutputPosition) {
        guard let newest = try await newest() else { return (ByteBuffer(), ByteBuffer(), OutputPosition()) }
        return (
            try await tail(of: .stdout, limit, newest),
            try await tail(of: .stderr, limit, newest),
            newest.position
        )
    }

    private func newest() async throws -> ChunkBatch? {
        if let streamLast {
            if let stored = try await record.next(from: streamLast, known: streamLast) { return stored.batch }
        } else if let stored = try await record.last() {
            return stored.batch
        }
        guard let last = try await segments().last else { return nil }
        return try await OutputCursor(self, from: .sequence(last.lastSequence)).next()?.batch
    }

    private func tail(of stream: ChunkType, _ limit: Int, _ newest: ChunkBatch) async throws -> ByteBuffer {
        var bytes = ByteBuffer()
        let end = newest.position.bytes(of: stream)
        var next = end - min(end, UInt64(limit))
        if next >= newest.start(of: stream) ?? 0 {
            newest.copy(stream, from: &next, into: &bytes)
            return bytes
        }
        while next < end {
            let cursor = OutputCursor(
                self,
                from: stream == .stdout ? .offsets(stdout: next, stderr: nil) : .offsets(stdout: nil, stderr: next)
            )
            var barren = 0
            while next < end, barren < Self.patience {
                guard let stored = try await cursor.next() else { return bytes }
                let before = next
                stored.batch.copy(stream, from: &next, into: &bytes)
                barren = next == before ? barren + 1 : 0
            }
        }
        return bytes
    }
}

extension OutputPosition {
    func bytes(of stream: ChunkType) -> UInt64 { stream == .stdout ? stdout : stderr }
}

extension ChunkBatch {
    /// Copies the bytes of a stream that begin at an offset, and counts it on.
    fileprivate func copy(_ stream: ChunkType, from next: inout UInt64, into bytes: inout ByteBuffer) {
        for chunk in chunks where chunk.type == stream {
            guard chunk.offset + UInt64(chunk.payload.readableBytes) > next else { continue }
            var payload = chunk.payload
            payload.moveReaderIndex(forwardBy: Int(next - min(next, chunk.offset)))
            next = chunk.offset + UInt64(chunk.payload.readableBytes)
            bytes.writeBuffer(&payload)
        }
    }
}
