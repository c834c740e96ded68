import NIOCore
package import ProcessOutput

/// Cuts a process's record to what a reader asked for.
package struct OutputCut: Sendable {
    /// Chunks before this one are left out.
    private let first: UInt64
    /// By bytes: where each stream begins; one that is not named is left out.
    ///
    /// Nil when the reader goes by number.
    private let offsets: Offsets?

    private struct Offsets: Sendable {
        var stdout: UInt64?
        var stderr: UInt64?
    }

    package init(from first: UInt64) {
        self.first = first
        offsets = nil
    }

    /// - Parameter first: The number that a reader who breaks off goes on with.
    package init(stdout: UInt64?, stderr: UInt64?, from first: UInt64 = 1) {
        self.first = first
        offsets = Offsets(stdout: stdout, stderr: stderr)
    }

    /// The chunks of a batch that are wanted, the first bytes exactly those asked for.
    ///
    /// Control chunks are wanted from where the first of the streams is.
    package func wanted(of batch: ChunkBatch) -> [Chunk] {
        guard let offsets else {
            guard let begin = batch.chunks.first?.sequence, begin < first else { return batch.chunks }
            return Array(batch.chunks.drop { $0.sequence < first })
        }
        var (stdout, stderr) = batch.start
        var wanted: [Chunk] = []
        for chunk in batch.chunks {
            let length = UInt64(chunk.payload.readableBytes)
            var kept: Chunk?
            switch chunk.type {
            case .stdout:
                stdout += length
                kept = offsets.stdout.flatMap { Self.cut(chunk, to: $0) }
            case .stderr:
                stderr += length
                kept = offsets.stderr.flatMap { Self.cut(chunk, to: $0) }
            default:
                let isReached =
                    offsets.stdout.map { $0 <= stdout } ?? false || offsets.stderr.map { $0 <= stderr } ?? false
                kept = isReached ? chunk : nil
            }
            if let kept, kept.sequence >= first { wanted.append(kept) }
        }
        return wanted
    }

    /// The chunk from a byte of its stream on; nil when it ends before.
    private static func cut(_ chunk: Chunk, to offset: UInt64) -> Chunk? {
        guard chunk.offset < offset else { return chunk }
        let skipped = offset - chunk.offset
        guard skipped < UInt64(chunk.payload.readableBytes) else { return nil }
        var chunk = chunk
        chunk.payload.moveReaderIndex(forwardBy: Int(skipped))
        chunk.offset = offset
        return chunk
    }
}

extension ChunkBatch {
    /// How many bytes of each stream came before the batch.
    package var start: (stdout: UInt64, stderr: UInt64) {
        var (stdout, stderr) = (position.stdout, position.stderr)
        for chunk in chunks {
            switch chunk.type {
            case .stdout: stdout -= UInt64(chunk.payload.readableBytes)
            case .stderr: stderr -= UInt64(chunk.payload.readableBytes)
            default: break
            }
        }
        return (stdout, stderr)
    }
}
