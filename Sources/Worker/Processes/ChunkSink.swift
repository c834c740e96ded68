import ProcessOutput

/// Where a process's batches are stored, one after another.
protocol ChunkSink: Sendable {
    /// Returns when the batch is stored.
    ///
    /// - Throws: `OutputError.fenced` when a later owner writes the record; `CancellationError`.
    func append(_ batch: ChunkBatch) async throws

    /// Stream sequences of the record's first message, where it is known, and of its last.
    var firstStreamSequence: UInt64? { get }
    var lastStreamSequence: UInt64? { get }
}

/// The stream of all output.
struct StreamSink: ChunkSink {
    let appender: OutputAppender
    let stalls: StallReport

    func append(_ batch: ChunkBatch) async throws {
        try await appender.append(batch)
        // Whoever finds the row ended finds it without a stall.
        if batch.position.hasEnded { await stalls.settled() }
    }

    var firstStreamSequence: UInt64? { appender.firstStreamSequence }
    var lastStreamSequence: UInt64? { appender.lastStreamSequence }
}
