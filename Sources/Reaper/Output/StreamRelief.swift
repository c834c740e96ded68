import Bus
import Logging
import Model
import NATSClient
import ProcessOutput
import ServiceHost
import Store

/// Makes room in the stream of all output when it is more than half full (rule 19).
///
/// Moves what is oldest to the archive, then drops everything before the oldest message that is not there. Nothing is
/// dropped that is not known to be archived: where a process's oldest message cannot be told, the least that it can be
/// counts. A process that starts meanwhile writes behind the last message that was looked at.
struct StreamRelief: Duty {
    /// More holders than this are not looked at; nothing of theirs is dropped either.
    static let holderLimit = 50_000
    /// How many processes are looked at, or moved, at once.
    static let width = 8
    /// No new piece is begun after this, so that room is made as it becomes possible.
    static let patience = Duration.seconds(5)

    /// A process with messages that are not archived.
    struct Holder: Sendable {
        var output: UnarchivedOutput
        /// Its oldest message is here, or later.
        var first: UInt64
    }

    let name = "stream_relief"
    let interval = Duration.seconds(1)
    let batch = 1

    let bus: Bus
    let mover: OutputMover
    let store: Store
    let logger: Logger

    func pass() async throws -> DutyPass {
        guard let before = try await state(), before.isPressing else { return .idle }
        try await move(try await holders(in: before), of: before)
        // Looked at again: those who were moved hold nothing any more. The end is read before the rows (see above).
        guard let now = try await state() else { return .idle }
        let floor = try await holders(in: now).map(\.first).min() ?? now.last + 1
        guard floor > now.first else { return .idle }
        let dropped = try await jetStream.purgeStream(OutputStream.name, before: floor)
        logger.notice("made room in the output stream", metadata: .keyed([.count: "\(dropped)"]))
        return DutyPass(found: 1)
    }

    private var jetStream: JetStream { bus.bulk.jetStream() }

    private struct StreamState {
        var first: UInt64
        var last: UInt64
        var isPressing: Bool
    }

    /// Nil while there is no stream: the first worker makes it.
    private func state() async throws -> StreamState? {
        do {
            let info = try await jetStream.streamInfo(OutputStream.name)
            let limit = info.config.maximumBytes
            return StreamState(
                first: info.state.firstSequence,
                last: info.state.lastSequence,
                isPressing: limit > 0 && info.state.bytes > UInt64(limit) / 2
            )
        } catch let error as NATSError where error.code == .jetStream(.streamNotFound) {
            return nil
        }
    }
}

extension StreamRelief {
    /// Everybody who holds messages up to the end of what was looked at, the oldest first.
    private func holders(in state: StreamState) async throws -> [Holder] {
        let outputs = try await store.unarchivedOutput(limit: Self.holderLimit)
        var holders: [Holder] = []
        try await withThrowingTaskGroup(of: Holder?.self) { group in
            for (index, output) in outputs.enumerated() {
                if index >= Self.width, let holder = try await group.next() { holders += holder.map { [$0] } ?? [] }
                group.addTask { try await holder(output, in: state) }
            }
            for try await holder in group { holders += holder.map { [$0] } ?? [] }
        }
        if outputs.count == Self.holderLimit, let last = outputs.last {
            // Those that were not looked at begin no earlier.
            holders.append(Holder(output: last, first: last.streamStart))
        }
        return holders.sorted { $0.first < $1.first }
    }

    private func holder(_ output: UnarchivedOutput, in state: StreamState) async throws -> Holder? {
        let start = max(output.streamStart, state.first, 1)
        guard start <= state.last else { return nil }
        // Of what has ended and was never moved, the row knows enough.
        if !output.isRunning, !output.hasSegments, output.streamStart > 0 {
            return Holder(output: output, first: start)
        }
        do {
            let first = try await mover.firstMessage(of: output, from: start, until: state.last)
            // A message behind the end that was read says nothing: others may have stored before it since.
            return first.flatMap { $0 <= state.last ? Holder(output: output, first: $0) : nil }
        } catch OutputError.malformed {
            return Holder(output: output, first: start)
        }
    }

    /// Moves what has ended, and what running processes hold in the older half.
    private func move(_ holders: [Holder], of state: StreamState) async throws {
        let middle = state.first + (state.last - min(state.first, state.last)) / 2
        let deadline = ContinuousClock.now + Self.patience
        let due = holders.filter { !$0.output.isRunning || $0.first <= middle }
        try await ForEach(width: Self.width)
            .run(due) { holder in
                guard ContinuousClock.now < deadline else { return }
                do {
                    try await move(holder.output, until: deadline)
                } catch  where !error.concernsAll {
                    logger.warning(
                        "output not archived",
                        metadata: .keyed([.process: "\(holder.output.process)", .error: "\(error)"])
                    )
                }
            }
    }

    private func move(_ output: UnarchivedOutput, until deadline: ContinuousClock.Instant) async throws {
        guard try await store.claimOutput(of: output.process) else { return }
        let source = OutputMover.Source(
            process: output.process,
            workspace: output.workspace,
            sandbox: output.sandbox,
            isRunning: output.isRunning,
            streamStart: output.streamStart,
            lastSegment: try await store.segments(of: output.process).last
        )
        let outcome = try await mover.move(source, until: deadline)
        if !output.isRunning, outcome.isComplete, outcome.tail?.position.hasEnded ?? false {
            try await store.outputArchived(output.process, as: .archived)
        } else {
            try await store.releaseOutput(of: output.process)
        }
    }
}
