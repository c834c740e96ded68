package import ArchiveStore
package import Bus
import Compression
package import Model
import NIOCore

/// A piece of a record that has just been stored in the archive.
package struct WrittenSegment: Sendable, Hashable {
    package var reference: SegmentReference
    /// Of the object.
    package var bytes: Int64
    /// Where the record stands after it.
    package var position: OutputPosition
}

/// Moves one process's record from the stream into the archive, piece by piece.
///
/// What a piece holds follows from its first chunk and its goal, which are its name: so any number of writers, however
/// late, write the same under the same name, and none can shorten what another has told of.
package struct SegmentWriter: Sendable {
    /// The most plain bytes of one piece; with it, a first chunk and a goal say what is in a piece.
    package static let maximumLength = 64 << 20

    private let archive: any ArchiveStore
    private let record: StreamRecord
    private let process: ProcessID
    private let limit: Int

    package init(
        bus: Bus,
        archive: any ArchiveStore,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        process: ProcessID,
        limit: Int = Self.maximumLength
    ) {
        self.archive = archive
        record = StreamRecord(bus: bus, workspace: workspace, sandbox: sandbox, process: process)
        self.process = process
        self.limit = limit
    }

    /// What the objects of one process are below.
    package static func folder(of process: ProcessID) -> String { SegmentFormat.folder(of: process) }

    /// Where the first message at or after a stream sequence lies; nil when there was none up to `last`.
    package func firstMessage(from streamSequence: UInt64, until last: UInt64) async throws -> UInt64? {
        try await record.next(from: streamSequence, known: last)?.streamSequence
    }

    /// Stores the piece that begins with the first message at or after a stream sequence.
    ///
    /// It ends with the goal, before a hole, or when it is as long as a piece may be.
    /// - Parameter goal: The newest message, as the leader told it.
    /// - Returns: Nil when there is no message up to the goal.
    package func write(from streamSequence: UInt64, to goal: OutputTail) async throws -> WrittenSegment? {
        var current = goal
        while let first = try await record.next(from: streamSequence, known: goal.streamSequence),
            first.streamSequence <= goal.streamSequence
        {
            // What lay before the hole has expired as well.
            if first.streamSequence > current.streamSequence { current = goal }
            do {
                return try await store(first, current)
            } catch let hole as Hole {
                // Messages expired meanwhile. The piece before them has another goal, thus another name.
                current = hole.before
            }
        }
        return nil
    }

    private func store(_ first: StoredBatch, _ goal: OutputTail) async throws -> WrittenSegment {
        let name = SegmentFormat.name(of: process, from: first.batch.firstSequence, goal: goal.position.sequence)
        var last = first
        let bytes = try await archive.put(name) { writer in
            var output = try SegmentOutput(writer)
            try await output.add(SegmentFormat.head(of: process, first: first.batch.firstSequence))
            var batches: UInt64 = 1
            var next = SegmentFormat.record(first.batch)
            while true {
                try await output.add(next)
                guard last.streamSequence < goal.streamSequence, let stored = try await following(last, goal) else {
                    break
                }
                next = SegmentFormat.record(stored.batch)
                guard output.length + next.readableBytes <= limit else { break }
                last = stored
                batches += 1
            }
            try await output.add(SegmentFormat.end(last: last.batch.lastSequence, batches: batches))
            try await output.finish()
        }
        return WrittenSegment(
            reference: SegmentReference(
                firstSequence: first.batch.firstSequence,
                lastSequence: last.batch.lastSequence,
                stdoutStart: first.batch.start(of: .stdout) ?? 0,
                stdoutEnd: last.batch.position.stdout,
                stderrStart: first.batch.start(of: .stderr) ?? 0,
                stderrEnd: last.batch.position.stderr,
                streamSequence: last.streamSequence,
                object: name
            ),
            bytes: bytes,
            position: last.batch.position
        )
    }

    private struct Hole: Error {
        let before: OutputTail
    }

    private func following(_ last: StoredBatch, _ goal: OutputTail) async throws -> StoredBatch? {
        let stored = try await record.next(from: last.streamSequence + 1, known: goal.streamSequence)
        guard let stored, stored.batch.firstSequence == last.batch.lastSequence + 1 else {
            throw Hole(before: OutputTail(last))
        }
        return stored
    }
}

/// The compressed bytes of one piece on their way to the archive.
private struct SegmentOutput: ~Copyable {
    /// What is collected before it is written.
    private static let threshold = 256 * 1024

    private let writer: any ArchiveWriter
    private var compressor: ZstdCompressor
    private var pending = ByteBuffer()
    /// Plain bytes so far.
    private(set) var length = 0

    init(_ writer: any ArchiveWriter) throws {
        self.writer = writer
        compressor = try ZstdCompressor()
    }

    mutating func add(_ bytes: ByteBuffer) async throws {
        length += bytes.readableBytes
        try compressor.compress(bytes, into: &pending)
        if pending.readableBytes >= Self.threshold { try await flush() }
    }

    mutating func finish() async throws {
        try compressor.finish(into: &pending)
        try await flush()
    }

    private mutating func flush() async throws {
        guard pending.readableBytes > 0 else { return }
        try await writer.write(pending)
        pending.clear()
    }
}
