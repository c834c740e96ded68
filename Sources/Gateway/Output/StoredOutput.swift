package import Bus
package import Logging
package import Model
import NIOCore
package import ProcessOutput
package import Store

/// Output as it lies in the stream and in the archive.
package struct StoredOutput: OutputSource {
    private let bus: Bus
    private let hub: OutputHub
    private let archive: any SegmentReading
    private let segments: @Sendable (ProcessID) async throws -> [OutputSegment]
    private let logger: Logger

    /// - Parameters:
    ///   - hub: Somebody runs it.
    ///   - segments: What of a process is archived, in order.
    package init(
        bus: Bus,
        hub: OutputHub,
        archive: any SegmentReading,
        logger: Logger,
        segments: @escaping @Sendable (ProcessID) async throws -> [OutputSegment]
    ) {
        self.bus = bus
        self.hub = hub
        self.archive = archive
        self.logger = logger
        self.segments = segments
    }

    package func tail(of process: ProcessRecord) async throws -> OutputTail? {
        try await bus.outputTail(workspace: process.workspace, sandbox: process.sandbox, process: process.id)
    }

    package func archivedPosition(of process: ProcessRecord) async throws -> OutputPosition? {
        try await segments(process.id).last.map { OutputTail($0).position }
    }

    package func stored(of process: ProcessRecord, from start: OutputReader.Start) -> any OutputPass {
        StoredPass(reader(of: process).batches(from: start))
    }

    package func follow(_ process: ProcessRecord, from sequence: UInt64) async throws -> any OutputFollowing {
        try await hub.follow(
            workspace: process.workspace,
            sandbox: process.sandbox,
            process: process.id,
            from: sequence,
            reader: reader(of: process)
        )
    }

    package func appender(for process: ProcessRecord, after tail: OutputTail?) -> any OutputAppending {
        let segments = segments
        return OutputAppender(
            bus: bus,
            workspace: process.workspace,
            sandbox: process.sandbox,
            process: process.id,
            epoch: 0,
            tail: tail,
            logger: logger,
            archived: { try await segments(process.id).last.map { OutputTail($0) } }
        )
    }

    private func reader(of process: ProcessRecord) -> OutputReader {
        let segments = segments
        return OutputReader(
            bus: bus,
            workspace: process.workspace,
            sandbox: process.sandbox,
            process: process.id,
            segments: { try await segments(process.id).map { SegmentReference($0) } },
            archive: archive,
            streamFirst: process.streamFirst,
            streamLast: process.streamLast
        )
    }
}

/// One pass of a reader.
private actor StoredPass: OutputPass {
    private var batches: OutputBatches.Iterator

    init(_ batches: OutputBatches) {
        self.batches = batches.makeAsyncIterator()
    }

    func next() async throws -> ChunkBatch? {
        // The iterator's own state is shared by its copies.
        var batches = batches
        return try await batches.next()
    }
}

extension OutputTail {
    /// Where a record stands by the archive's word.
    init(_ last: OutputSegment) {
        self.init(
            position: OutputPosition(sequence: last.lastSequence, stdout: last.stdoutEnd, stderr: last.stderrEnd),
            streamSequence: last.streamSequence
        )
    }
}

extension SegmentReference {
    init(_ segment: OutputSegment) {
        self.init(
            firstSequence: segment.firstSequence,
            lastSequence: segment.lastSequence,
            stdoutStart: segment.stdoutStart,
            stdoutEnd: segment.stdoutEnd,
            stderrStart: segment.stderrStart,
            stderrEnd: segment.stderrEnd,
            streamSequence: segment.streamSequence,
            object: segment.object
        )
    }
}
