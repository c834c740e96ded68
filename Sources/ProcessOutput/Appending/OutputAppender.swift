package import Bus
package import Logging
package import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore

/// Writes one process's record: one append in flight, each on the one before, retried for as long as it takes (rule 13).
///
/// One task at a time appends. Once an append has thrown anything but a cancellation the appender is of no more use; a
/// cancelled one may or may not be stored, and is followed by nothing but a new appender on a fresh tail.
package final class OutputAppender: Sendable {
    private struct State {
        var expected: UInt64
        var first: UInt64?
        var last: UInt64?
        var isStalled = false
        /// Why the newest attempt failed.
        var trouble = ""
    }

    /// Not stored for this long is a stall.
    static let stallAfter = Duration.seconds(1)
    private static let answerTimeout = Duration.seconds(5)

    private let jetStream: JetStream
    private let subject: String
    private let epoch: UInt64
    private let logger: Logger
    private let onStall: @Sendable (Bool) -> Void
    private let archived: @Sendable () async throws -> OutputTail?
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - epoch: Of the lease that the appends belong to; 0 for an observed process.
    ///   - tail: What is stored now; nil when nothing is.
    ///   - archived: How far the archive goes by the rows; nil when nothing is archived. Asked when the stream has lost
    ///     what it was expected to hold: then only the archive can tell whether a batch was stored.
    ///   - onStall: Told true when a batch has not been stored for a second, false when it is after all.
    package init(
        bus: Bus,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        process: ProcessID,
        epoch: UInt64,
        tail: OutputTail?,
        logger: Logger,
        archived: @escaping @Sendable () async throws -> OutputTail? = { nil },
        onStall: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        jetStream = bus.bulk.jetStream(timeout: Self.answerTimeout)
        subject = Subject.output(workspace, sandbox, process)
        self.epoch = epoch
        self.logger = logger
        self.archived = archived
        self.onStall = onStall
        state = NIOLockedValueBox(
            State(expected: tail?.streamSequence ?? 0, first: tail?.firstStreamSequence, last: tail?.streamSequence)
        )
    }

    /// The stream sequence of the process's first message; nil when nothing is stored, or it is not known.
    package var firstStreamSequence: UInt64? { state.withLockedValue { $0.first } }

    /// The stream sequence of the process's newest message.
    package var lastStreamSequence: UInt64? { state.withLockedValue { $0.last } }

    /// Returns when the batch is stored.
    ///
    /// Throws `OutputError.fenced` when a later epoch has appended, `.outdated` when somebody else of this epoch or an
    /// earlier one has, `.unavailable` when the connection is closed for good, and `CancellationError`.
    package func append(_ batch: ChunkBatch) async throws {
        let payload = batch.encoded()
        let header = batch.header
        let start = ContinuousClock.now
        var progress = AppendProgress(epoch: epoch, expected: state.withLockedValue { $0.expected })
        var step = progress.firstStep
        while true {
            switch step {
            case .send(let expected):
                step = progress.sent(try await send(header, payload, expected, timeout(since: start)))
            case .readTail:
                step = try await readTail(header, payload, &progress, timeout(since: start))
            case .pause(let duration):
                try await Task.sleep(for: min(duration * .random(in: 0.75...1.25), timeout(since: start)))
                step = progress.resumed()
            case .stored(let sequence):
                return stored(at: sequence, header)
            case .fenced:
                throw OutputError.fenced
            case .outdated(let tail):
                throw OutputError.outdated(tail)
            }
            noteStall(since: start)
        }
    }

    private func send(
        _ header: BatchHeader,
        _ payload: ByteBuffer,
        _ expected: UInt64,
        _ timeout: Duration
    ) async throws -> AppendProgress.Sending {
        var headers: NATSHeaders = [BatchHeader.name: header.text]
        if let first = firstStreamSequence, header.firstSequence != 1 {
            headers.add(StoredBatch.firstHeader, String(first))
        }
        do {
            let ack = try await jetStream.publish(
                subject: subject,
                headers: headers,
                payload: payload,
                expectedLastSubjectSequence: expected,
                timeout: timeout
            )
            return .acknowledged(ack.sequence)
        } catch let error as NATSError {
            state.withLockedValue { $0.trouble = "\(error)" }
            return try outcome(of: error)
        }
    }

    private func outcome(of error: NATSError) throws(OutputError) -> AppendProgress.Sending {
        switch error.code {
        case .timeout, .interrupted, .disconnected, .malformedResponse: return .unknown
        case .jetStream(.wrongLastSequence): return .wrongLast
        case .jetStream, .noResponders, .library, .slowConsumer, .connectFailed, .authenticationFailed: return .refused
        case .closed, .draining, .payloadTooLarge, .permissionViolation, .invalidSubject, .invalidHeader,
            .invalidOptions:
            throw .unavailable("\(error)")
        }
    }

    private func readTail(
        _ header: BatchHeader,
        _ payload: ByteBuffer,
        _ progress: inout AppendProgress,
        _ timeout: Duration
    ) async throws -> AppendProgress.Step {
        do {
            let message = try await jetStream.lastMessage(stream: OutputStream.name, subject: subject)
            guard let message else { return await readArchive(header, &progress) }
            let stored = try StoredBatch(message)
            let isMine = stored.batch.header == header && message.payload == payload
            return progress.read(isMine ? .mine(at: message.sequence) : .other(OutputTail(stored)))
        } catch let error as NATSError {
            guard error.code != .closed, error.code != .draining else { throw OutputError.unavailable("\(error)") }
            return progress.readFailed()
        }
    }

    /// What the stream had may have been archived and dropped meanwhile, this very batch included.
    ///
    /// Asked after the stream: nothing is dropped before the rows tell that it is archived.
    private func readArchive(_ header: BatchHeader, _ progress: inout AppendProgress) async -> AppendProgress.Step {
        do {
            guard let last = try await archived(), last.position.sequence >= header.firstSequence else {
                return progress.read(.none)
            }
            let isMine =
                last.position.sequence == header.position.sequence && last.position.stdout == header.position.stdout
                && last.position.stderr == header.position.stderr
            return progress.read(isMine ? .mine(at: last.streamSequence) : .superseded)
        } catch {
            logger.debug("the archive's rows cannot be read", metadata: ["error": "\(error)"])
            return progress.readFailed()
        }
    }

    private func stored(at sequence: UInt64, _ header: BatchHeader) {
        let wasStalled = state.withLockedValue { state in
            state.expected = sequence
            state.last = sequence
            if header.firstSequence == 1 { state.first = sequence }
            defer { state.isStalled = false }
            return state.isStalled
        }
        if wasStalled { onStall(false) }
    }

    /// Until the batch counts as stalled, nothing is waited for beyond that moment.
    private func timeout(since start: ContinuousClock.Instant) -> Duration {
        let left = start + Self.stallAfter - .now
        return left > .zero ? left : Self.answerTimeout
    }

    private func noteStall(since start: ContinuousClock.Instant) {
        guard ContinuousClock.now - start >= Self.stallAfter else { return }
        let trouble = state.withLockedValue { state in
            defer { state.isStalled = true }
            return state.isStalled ? nil : state.trouble
        }
        guard let trouble else { return }
        logger.warning("output is not being stored", metadata: ["subject": "\(subject)", "error": "\(trouble)"])
        onStall(true)
    }
}
