/// An archived piece of a process's record.
package struct SegmentReference: Sendable, Hashable {
    package var firstSequence: UInt64
    package var lastSequence: UInt64
    /// Bytes of each stream before the piece, and after it.
    package var stdoutStart: UInt64
    package var stdoutEnd: UInt64
    package var stderrStart: UInt64
    package var stderrEnd: UInt64
    /// The stream sequence of the last message in it.
    package var streamSequence: UInt64
    /// Its name in the archive.
    package var object: String

    package init(
        firstSequence: UInt64,
        lastSequence: UInt64,
        stdoutStart: UInt64,
        stdoutEnd: UInt64,
        stderrStart: UInt64,
        stderrEnd: UInt64,
        streamSequence: UInt64,
        object: String
    ) {
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.stdoutStart = stdoutStart
        self.stdoutEnd = stdoutEnd
        self.stderrStart = stderrStart
        self.stderrEnd = stderrEnd
        self.streamSequence = streamSequence
        self.object = object
    }
}

/// Reads archived pieces.
package protocol SegmentReading: Sendable {
    /// Opens one piece.
    ///
    /// Throws `OutputError.expired` when the object is gone, `.malformed` when it is damaged.
    func batches(of segment: SegmentReference) async throws -> any SegmentBatches
}

/// The batches of one archived piece as they were stored, one after another; used by one task at a time.
package protocol SegmentBatches: AnyObject {
    /// The next batch; nil after the last.
    func next() async throws -> ChunkBatch?
}
