package import NIOCore

/// What a chunk tells; the raw values are stored.
package enum ChunkType: UInt8, Sendable, CaseIterable {
    case stdout = 1
    case stderr = 2
    case status = 3
    case exit = 4
    case error = 5
    case heartbeat = 6
    case metadata = 7

    /// The word of the public API.
    package var name: String { "\(self)" }

    package var isOutput: Bool { self == .stdout || self == .stderr }
    package var isLast: Bool { self == .exit || self == .error }
}

/// One numbered piece of a process's record.
package struct Chunk: Sendable, Hashable {
    /// From 1, without holes.
    package var sequence: UInt64
    package var type: ChunkType
    /// Unix time in milliseconds.
    package var at: Int64
    /// How many bytes of its stream came before; 0 for chunks that are not output.
    package var offset: UInt64
    /// Raw bytes of output, or a JSON object.
    package var payload: ByteBuffer

    package init(sequence: UInt64, type: ChunkType, at: Int64, offset: UInt64, payload: ByteBuffer) {
        self.sequence = sequence
        self.type = type
        self.at = at
        self.offset = offset
        self.payload = payload
    }
}

/// Where a process's record stands after some chunk.
package struct OutputPosition: Sendable, Hashable {
    /// Of the last chunk; 0 before the first.
    package var sequence: UInt64
    /// Bytes of each stream so far.
    package var stdout: UInt64
    package var stderr: UInt64
    /// The owner that wrote it; 0 for observed processes.
    package var epoch: UInt64
    /// Its last chunk was `exit` or `error`.
    package var hasEnded: Bool

    package init(
        sequence: UInt64 = 0,
        stdout: UInt64 = 0,
        stderr: UInt64 = 0,
        epoch: UInt64 = 0,
        hasEnded: Bool = false
    ) {
        self.sequence = sequence
        self.stdout = stdout
        self.stderr = stderr
        self.epoch = epoch
        self.hasEnded = hasEnded
    }
}

/// The chunks of one stored message.
package struct ChunkBatch: Sendable, Hashable {
    /// The most bytes that a batch's body may have.
    package static let maximumLength = 256 * 1024

    package var chunks: [Chunk]
    /// Where the record stands after it.
    package var position: OutputPosition

    package init(chunks: [Chunk], position: OutputPosition) {
        self.chunks = chunks
        self.position = position
    }
}
