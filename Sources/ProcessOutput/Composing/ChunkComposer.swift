package import NIOCore

/// Turns what a process does into batches: numbers, offsets, whole code points, few chunks.
///
/// Bytes that begin a code point wait for its rest, at most three of each stream; invalid bytes do not. What comes after
/// the chunk that ends the record is discarded.
package struct ChunkComposer: Sendable {
    /// One chunk to be, or several when it is longer than a batch has room for.
    private struct Entry {
        var type: ChunkType
        var at: Int64
        var bytes: ByteBuffer
    }

    /// Shorter pieces are copied, so that a few bytes do not hold the large buffer that they came in.
    private static let copyLimit = 4096
    /// Nothing is cut to fill less room than this.
    private static let leastCut = 1024

    private let epoch: UInt64
    private var entries = CircularBuffer<Entry>()
    private var partialStdout = ByteBuffer()
    private var partialStderr = ByteBuffer()
    private var isComplete: Bool
    private var entryBytes = 0

    /// Where the record stands after everything that `next()` has given out.
    package private(set) var position: OutputPosition

    /// - Parameters:
    ///   - position: Where the record stands now.
    ///   - epoch: Of the owner that appends what is composed.
    package init(position: OutputPosition, epoch: UInt64) {
        self.position = position
        self.epoch = epoch
        isComplete = position.hasEnded
    }

    /// Bytes that are kept here, with what each chunk takes besides its payload.
    package var pendingBytes: Int { entryBytes + partialStdout.readableBytes + partialStderr.readableBytes }

    /// Whether nothing could go into a batch now.
    package var isEmpty: Bool { entries.isEmpty }

    /// Adds bytes of `stdout` or `stderr`; adjacent ones of one stream become one chunk.
    package mutating func add(_ bytes: ByteBuffer, to stream: ChunkType, at: Int64) {
        guard stream.isOutput, !isComplete, bytes.readableBytes > 0 else { return }
        var held = exchangePartial(of: stream, for: ByteBuffer())
        var bytes = bytes
        if held.readableBytes > 0, bytes.readableBytes < 4 {
            // Short enough that the code point may begin in what waited.
            held.writeBuffer(&bytes)
            swap(&held, &bytes)
        }
        let suffix = UTF8Text.incompleteSuffix(of: bytes)
        if suffix > 0 {
            let whole = bytes.readSlice(length: bytes.readableBytes - suffix) ?? ByteBuffer()
            _ = exchangePartial(of: stream, for: ByteBuffer(bytes: bytes.readableBytesView))
            bytes = whole
        }
        append(held, bytes, to: stream, at: at)
    }

    /// Adds a chunk of another type, a JSON object that has to fit into a batch; the last one is preceded by what waits.
    package mutating func add(_ type: ChunkType, _ json: ByteBuffer, at: Int64) {
        guard !type.isOutput, !isComplete else { return }
        if type.isLast {
            for stream in [ChunkType.stdout, .stderr] {
                append(ByteBuffer(), exchangePartial(of: stream, for: ByteBuffer()), to: stream, at: at)
            }
            isComplete = true
        }
        entries.append(Entry(type: type, at: at, bytes: json))
        entryBytes += Chunk.headerLength + json.readableBytes
    }

    /// As many chunks as one message takes; nil when there are none.
    package mutating func next() -> ChunkBatch? {
        guard !entries.isEmpty else { return nil }
        var chunks: [Chunk] = []
        var room = ChunkBatch.maximumLength
        while let entry = entries.first {
            let available = room - Chunk.headerLength
            let length = entry.bytes.readableBytes
            if length > available, !chunks.isEmpty, !entry.type.isOutput || available < Self.leastCut { break }
            let taken = entry.type.isOutput ? UTF8Text.cut(entry.bytes, limit: available) : length
            chunks.append(takeFirst(taken))
            room -= Chunk.headerLength + taken
        }
        position.epoch = epoch
        position.hasEnded = chunks.last?.type.isLast ?? false
        return ChunkBatch(chunks: chunks, position: position)
    }

    private mutating func takeFirst(_ length: Int) -> Chunk {
        let (type, at, payload, isDone) = entries.modify(entries.startIndex) { entry in
            let payload = entry.bytes.readSlice(length: length) ?? ByteBuffer()
            return (entry.type, entry.at, payload, entry.bytes.readableBytes == 0)
        }
        entryBytes -= length
        if isDone {
            entries.removeFirst()
            entryBytes -= Chunk.headerLength
        }
        position.sequence += 1
        var chunk = Chunk(sequence: position.sequence, type: type, at: at, offset: 0, payload: payload)
        switch type {
        case .stdout:
            chunk.offset = position.stdout
            position.stdout += UInt64(length)
        case .stderr:
            chunk.offset = position.stderr
            position.stderr += UInt64(length)
        default: break
        }
        return chunk
    }

    /// Both in one piece: the boundary between them may lie inside a code point.
    private mutating func append(_ held: ByteBuffer, _ bytes: ByteBuffer, to stream: ChunkType, at: Int64) {
        let length = held.readableBytes + bytes.readableBytes
        guard length > 0 else { return }
        entryBytes += length
        if canExtendLast(stream, by: length) {
            entries.modify(entries.index(before: entries.endIndex)) { entry in
                entry.bytes.writeImmutableBuffer(held)
                entry.bytes.writeImmutableBuffer(bytes)
            }
            return
        }
        var whole = bytes
        if held.readableBytes > 0 || length < Self.copyLimit {
            whole = ByteBuffer()
            whole.reserveCapacity(length)
            whole.writeImmutableBuffer(held)
            whole.writeImmutableBuffer(bytes)
        }
        entries.append(Entry(type: stream, at: at, bytes: whole))
        entryBytes += Chunk.headerLength
    }

    /// Apart from the change, so that nothing else refers to the bytes when they grow.
    private func canExtendLast(_ stream: ChunkType, by length: Int) -> Bool {
        guard let last = entries.last, last.type == stream else { return false }
        return last.bytes.readableBytes + length + Chunk.headerLength <= ChunkBatch.maximumLength
    }

    private mutating func exchangePartial(of stream: ChunkType, for new: ByteBuffer) -> ByteBuffer {
        var exchanged = new
        if stream == .stdout { swap(&partialStdout, &exchanged) } else { swap(&partialStderr, &exchanged) }
        return exchanged
    }
}
