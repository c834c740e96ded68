package import Bus
package import Model

/// Reads what is stored of one process, from the stream and from the archive; never waits for more.
package struct OutputReader: Sendable {
    package enum Start: Sendable, Hashable {
        /// The number of a chunk, from 1.
        case sequence(UInt64)
        /// Bytes of each stream; one that is not named does not count.
        case offsets(stdout: UInt64?, stderr: UInt64?)
    }

    private(set) var record: StreamRecord
    let segments: @Sendable () async throws -> [SegmentReference]
    let archive: any SegmentReading
    let streamFirst: UInt64?
    let streamLast: UInt64?

    /// - Parameters:
    ///   - segments: What is archived, in order; asked only when the stream does not have what is wanted.
    ///   - streamFirst: The stream sequence of the first message, where the row knows it.
    ///   - streamLast: Of the last one, when the process has ended.
    package init(
        bus: Bus,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        process: ProcessID,
        segments: @escaping @Sendable () async throws -> [SegmentReference],
        archive: any SegmentReading,
        streamFirst: UInt64? = nil,
        streamLast: UInt64? = nil
    ) {
        record = StreamRecord(bus: bus, workspace: workspace, sandbox: sandbox, process: process)
        self.segments = segments
        self.archive = archive
        self.streamFirst = streamFirst
        self.streamLast = streamLast
    }

    /// The same, but a broker that does not answer is not asked again.
    var withoutPatience: OutputReader {
        var reader = self
        reader.record.patience = .zero
        return reader
    }

    /// Whole batches, beginning with the one that holds the start; the caller cuts.
    ///
    /// The batch that ends the record comes even when it has nothing of what was asked for. Iterating throws
    /// `OutputError.expired` when chunks from the start on are kept nowhere although the record goes on after them.
    package func batches(from start: Start) -> OutputBatches {
        OutputBatches(reader: self, start: start)
    }
}
