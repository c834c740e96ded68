import NATSClient

/// A batch, and where it lies in the stream.
struct StoredBatch: Sendable, Hashable {
    var batch: ChunkBatch
    var streamSequence: UInt64
    /// Where the process's first batch lies.
    var firstStreamSequence: UInt64?

    /// Names the stream sequence of the process's first message in each later one, so that reading from the beginning
    /// needs no search.
    static let firstHeader = "Sandfleet-Output-First"

    init(_ message: JetStreamMessage) throws(OutputError) {
        batch = try ChunkBatch(header: message.headers[BatchHeader.name], body: message.payload)
        streamSequence = message.sequence
        firstStreamSequence =
            batch.firstSequence == 1
            ? message.sequence : message.headers[Self.firstHeader].flatMap { UInt64($0) }
    }
}

extension StoredBatch {
    init(batch: ChunkBatch, streamSequence: UInt64) {
        self.batch = batch
        self.streamSequence = streamSequence
        firstStreamSequence = nil
    }
}
