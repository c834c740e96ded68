import Model
import NIOCore
import ProcessOutput

/// What one process's record is made of: its output up to a limit, what happened to it, and the tails that an answer shows.
///
/// Offsets of the record are offsets of the process until the limit; from there on the process is only counted.
struct ProcessRecording: Sendable {
    /// What became of bytes that were added.
    enum Addition: Sendable, Hashable {
        case taken
        /// These bytes were the first that go beyond the limit.
        case limitReached
        /// Bytes before these are missing.
        case gap
    }

    private var composer: ChunkComposer
    /// How much the process has written, as far as it was seen.
    private(set) var received: OutputOffsets
    private(set) var isOverLimit: Bool
    private(set) var tails: (stdout: LastBytes, stderr: LastBytes)?
    private let limit: UInt64
    private var left: UInt64

    /// - Parameters:
    ///   - position: Where the record stands.
    ///   - received: Where the process stands, when that is further.
    ///   - limit: How many bytes of output may be stored in all.
    ///   - tailLimit: How many of the last bytes of each stream to keep, if any.
    init(
        position: OutputPosition = OutputPosition(),
        received: OutputOffsets? = nil,
        epoch: UInt64,
        limit: UInt64,
        tailLimit: Int? = nil
    ) {
        let stored = OutputOffsets(stdout: position.stdout, stderr: position.stderr)
        composer = ChunkComposer(position: position, epoch: epoch)
        self.received = received ?? stored
        self.limit = limit
        left = limit - min(limit, stored.stdout + stored.stderr)
        // An earlier owner has let go of bytes that are not stored: it was over the limit, and has said so.
        isOverLimit = self.received != stored
        tails = tailLimit.map { (LastBytes(limit: $0), LastBytes(limit: $0)) }
    }

    /// Bytes in memory that are not in a batch yet.
    var pendingBytes: Int { composer.pendingBytes }

    /// There is nothing that could go into a batch.
    var isEmpty: Bool { composer.isEmpty }

    /// After all batches that were given out.
    var position: OutputPosition { composer.position }

    mutating func add(_ bytes: ByteBuffer, to type: ChunkType, offset: UInt64, at time: Int64) -> Addition {
        let stream: WritableKeyPath<OutputOffsets, UInt64> = type == .stdout ? \.stdout : \.stderr
        let expected = received[keyPath: stream]
        guard offset <= expected else { return .gap }
        var bytes = bytes
        // Told again after a connection broke.
        bytes.moveReaderIndex(forwardBy: min(bytes.readableBytes, Int(clamping: expected - offset)))
        guard bytes.readableBytes > 0 else { return .taken }
        received[keyPath: stream] += UInt64(bytes.readableBytes)
        if type == .stdout { tails?.stdout.append(bytes) } else { tails?.stderr.append(bytes) }
        guard !isOverLimit else { return .taken }
        guard UInt64(bytes.readableBytes) > left else {
            left -= UInt64(bytes.readableBytes)
            composer.add(bytes, to: type, at: time)
            return .taken
        }
        isOverLimit = true
        if let kept = bytes.readSlice(length: Self.cut(bytes, near: Int(left))), kept.readableBytes > 0 {
            composer.add(kept, to: type, at: time)
        }
        left = 0
        composer.add(.status, ControlChunk.outputLimit(limit), at: time)
        return .limitReached
    }

    mutating func note(_ type: ChunkType, _ payload: ByteBuffer, at time: Int64) {
        composer.add(type, payload, at: time)
    }

    mutating func next() -> ChunkBatch? { composer.next() }

    /// What the far end may forget once this batch is stored.
    func forgettable(after batch: ChunkBatch) -> OutputOffsets {
        isOverLimit && composer.isEmpty
            ? received : OutputOffsets(stdout: batch.position.stdout, stderr: batch.position.stderr)
    }

    mutating func dropTails() { tails = nil }

    /// The length before which the bytes are cut: not inside a code point where that can be helped.
    private static func cut(_ bytes: ByteBuffer, near length: Int) -> Int {
        let view = bytes.readableBytesView
        for back in 0..<min(4, length) {
            let index = view.index(view.startIndex, offsetBy: length - back)
            if view[index] & 0xC0 != 0x80 { return length - back }
        }
        return length
    }
}
