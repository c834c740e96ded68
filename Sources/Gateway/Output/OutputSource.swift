package import ProcessOutput
package import Store

/// What the gateway asks of stored output.
package protocol OutputSource: Sendable {
    /// Where a process's record stands, by its newest stored message; nil when none is stored.
    func tail(of process: ProcessRecord) async throws -> OutputTail?

    /// Where it stands by the archive's word; nil when nothing is archived.
    func archivedPosition(of process: ProcessRecord) async throws -> OutputPosition?

    /// What is stored from a start on, as whole batches; the one that ends the record comes in any case.
    func stored(of process: ProcessRecord, from start: OutputReader.Start) -> any OutputPass

    /// What is stored from a chunk on, and then what comes.
    func follow(_ process: ProcessRecord, from sequence: UInt64) async throws -> any OutputFollowing

    /// Who appends to an observed process's record after this tail.
    func appender(for process: ProcessRecord, after tail: OutputTail?) -> any OutputAppending
}

/// One pass over what is stored of a record; used by one task at a time.
package protocol OutputPass: Sendable {
    /// The next batch; nil after the newest that was stored when the pass began.
    func next() async throws -> ChunkBatch?
}

/// One reader of a running process's record.
package protocol OutputFollowing: Sendable {
    /// The next event; `.idle` when nothing has come for so long.
    func next(within wait: Duration) async throws -> OutputFollower.Event

    /// Ends it, and whoever waits in `next`.
    func close()
}

extension OutputFollower: OutputFollowing {}

/// One writer of a record.
package protocol OutputAppending: Sendable {
    /// Returns when the batch is stored.
    ///
    /// Throws `OutputError.outdated` when somebody else has appended first.
    func append(_ batch: ChunkBatch) async throws

    var firstStreamSequence: UInt64? { get }
    var lastStreamSequence: UInt64? { get }
}

extension OutputAppender: OutputAppending {}
