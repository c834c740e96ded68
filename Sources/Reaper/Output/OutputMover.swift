import ArchiveStore
import Bus
import Logging
import Model
import ProcessOutput
import ServiceHost
import Store

/// Moves what is stored of processes from the stream to the archive (rule 19).
///
/// An object is written before its row, under a name that says what is in it: a repeat after a crash, or somebody slow who
/// is still at the same, changes nothing.
struct OutputMover: Sendable {
    /// What is known of a process before anybody looks at the stream.
    struct Source: Sendable {
        var process: ProcessID
        var workspace: WorkspaceID
        var sandbox: SandboxID
        var isRunning: Bool
        /// Where its messages may begin; 0 when that is not known.
        var streamStart: UInt64
        var lastSegment: OutputSegment?
    }

    struct Outcome: Sendable {
        var pieces = 0
        /// What lies in the archive now.
        var lastSegment: OutputSegment?
        /// The newest message when the move began; nil when there was none.
        var tail: OutputTail?
        /// Whether all up to that message is in the archive.
        var isComplete = true
    }

    /// A claim holds for a minute; it is kept up well before.
    private static let keepAfter = Duration.seconds(20)

    let bus: Bus
    let store: Store
    let archive: any ArchiveStore
    let logger: Logger
    var pieceLimit = SegmentWriter.maximumLength

    /// Moves all that is stored now, or what there is time for, in whole pieces.
    func move(_ source: Source, until deadline: ContinuousClock.Instant? = nil) async throws -> Outcome {
        let tail = try await bus.outputTail(
            workspace: source.workspace,
            sandbox: source.sandbox,
            process: source.process
        )
        var outcome = Outcome(lastSegment: source.lastSegment, tail: tail)
        guard let tail else { return outcome }
        if source.isRunning, tail.position.hasEnded {
            // Its row is about to be ended, by a later owner perhaps, who has to find the last chunk in the stream.
            outcome.isComplete = false
            return outcome
        }
        let writer = writer(source.process, in: source.sandbox, source.workspace)
        var keptAt = ContinuousClock.now
        while true {
            let start = outcome.lastSegment.map { $0.streamSequence + 1 } ?? max(1, source.streamStart)
            guard start <= tail.streamSequence else { return outcome }
            if let deadline, .now > deadline { break }
            guard let written = try await writer.write(from: start, to: tail) else { return outcome }
            noteHole(written, after: outcome.lastSegment, of: source.process)
            guard let last = try await record(written, of: source.process, after: outcome.lastSegment) else { break }
            outcome.lastSegment = last
            outcome.pieces += 1
            if .now - keptAt > Self.keepAfter {
                try await store.keepOutputClaim(of: source.process)
                keptAt = .now
            }
        }
        outcome.isComplete = false
        return outcome
    }

    /// Where the first message of a process lies at or after a stream sequence; nil when there is none up to `last`.
    func firstMessage(of output: UnarchivedOutput, from start: UInt64, until last: UInt64) async throws -> UInt64? {
        try await writer(output.process, in: output.sandbox, output.workspace).firstMessage(from: start, until: last)
    }

    private func writer(_ process: ProcessID, in sandbox: SandboxID, _ workspace: WorkspaceID) -> SegmentWriter {
        SegmentWriter(
            bus: bus,
            archive: archive,
            workspace: workspace,
            sandbox: sandbox,
            process: process,
            limit: pieceLimit
        )
    }

    /// Tells the store of a piece; the last piece that it knows then, nil when the process is forgotten.
    private func record(
        _ written: WrittenSegment,
        of process: ProcessID,
        after previous: OutputSegment?
    ) async throws -> OutputSegment? {
        let segment = OutputSegment(written, of: process)
        if try await store.addSegment(segment) { return segment }
        // Somebody else was faster, with this piece or with another one that begins here.
        let known = try await store.segments(of: process)
        if !known.contains(where: { $0.object == segment.object }) { try await archive.delete(segment.object) }
        guard let last = known.last, last.streamSequence > previous?.streamSequence ?? 0 else { return nil }
        return last
    }

    private func noteHole(_ written: WrittenSegment, after previous: OutputSegment?, of process: ProcessID) {
        let expected = (previous?.lastSequence ?? 0) + 1
        guard written.reference.firstSequence > expected else { return }
        logger.warning(
            "output expired before it was archived",
            metadata: .keyed([.process: "\(process)", .count: "\(written.reference.firstSequence - expected)"])
        )
    }
}

extension OutputSegment {
    init(_ written: WrittenSegment, of process: ProcessID) {
        let reference = written.reference
        self.init(
            process: process,
            firstSequence: reference.firstSequence,
            lastSequence: reference.lastSequence,
            stdoutStart: reference.stdoutStart,
            stdoutEnd: reference.stdoutEnd,
            stderrStart: reference.stderrStart,
            stderrEnd: reference.stderrEnd,
            streamSequence: reference.streamSequence,
            object: reference.object,
            bytes: written.bytes
        )
    }
}

extension Error {
    /// Whether the next process would fare the same: the archive or the stream is away, or we are to stop.
    var concernsAll: Bool {
        switch self {
        case let error as ArchiveError: error.code == .full || error.code == .unavailable
        case let error as OutputError: if case .unavailable = error { true } else { false }
        case is StoreError, is CancellationError: true
        default: false
        }
    }
}
