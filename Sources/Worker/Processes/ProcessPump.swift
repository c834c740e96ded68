import Model
import NIOConcurrencyHelpers
import NIOCore
import ProcessOutput
import ProviderKit

/// Carries what one process does into its record: one append in flight while the next batch gathers.
///
/// One task reads the process, at most one child of it appends. What is stored is acknowledged to the box, which keeps
/// the rest; so nothing is lost when this ends at any point, and memory is bounded here and there.
final class ProcessPump: Sendable {
    private let sink: any ChunkSink
    private let metrics: ProcessMetrics
    private let now: @Sendable () -> Int64
    private let interrupted: @Sendable (PumpInterruption) -> Void
    private let state: NIOLockedValueBox<PumpState>

    /// - Parameters:
    ///   - holdsBack: Wait with the first append until it is told to go, or there is reason to.
    ///   - now: Unix time in milliseconds.
    ///   - interrupted: Told when appending is over before the end; the reader may be waiting for a silent process then.
    init(
        _ recording: ProcessRecording,
        sink: any ChunkSink,
        holdsBack: Bool,
        metrics: ProcessMetrics,
        now: @escaping @Sendable () -> Int64,
        interrupted: @escaping @Sendable (PumpInterruption) -> Void
    ) {
        self.sink = sink
        self.metrics = metrics
        self.now = now
        self.interrupted = interrupted
        state = NIOLockedValueBox(PumpState(recording, holdsBack: holdsBack))
    }

    /// How much the process has written, as far as it was seen.
    var received: OutputOffsets { state.withLockedValue { $0.recording.received } }

    /// Where the record stands after everything that was handed to the sink.
    var position: OutputPosition { state.withLockedValue { $0.recording.position } }

    var tails: (stdout: ByteBuffer, stderr: ByteBuffer)? {
        state.withLockedValue { state in state.recording.tails.map { ($0.stdout.bytes, $0.stderr.bytes) } }
    }

    /// Follows the process until it ends.
    ///
    /// - Parameter limitReached: Told once, when output goes beyond the limit.
    /// - Throws: `PumpInterruption`.
    func follow(
        _ source: any BoxProcess,
        in group: inout DiscardingTaskGroup,
        limitReached: (inout DiscardingTaskGroup) -> Void
    ) async throws(PumpInterruption) -> ProcessExit {
        state.withLockedValue { $0.source = source }
        write(in: &group)
        while true {
            await room()
            if let interruption = state.withLockedValue({ $0.interruption }) { throw interruption }
            let addition: ProcessRecording.Addition
            switch try await Self.next(of: source) {
            case .stdout(let bytes, let offset): addition = take(bytes, .stdout, offset)
            case .stderr(let bytes, let offset): addition = take(bytes, .stderr, offset)
            case .exited(let exit): return exit
            }
            switch addition {
            case .taken: break
            case .limitReached: limitReached(&group)
            case .gap: throw .box(DriverError(.transient, "Bytes of the process's output are missing."))
            }
            write(in: &group)
        }
    }

    private static func next(of source: any BoxProcess) async throws(PumpInterruption) -> ProcessEvent {
        do {
            if let event = try await source.next() { return event }
        } catch {
            throw Task.isCancelled ? .stopped : .box(error)
        }
        throw .box(DriverError(.transient, "The process's events are over, and its end was not among them."))
    }

    private func take(_ bytes: ByteBuffer, _ type: ChunkType, _ offset: UInt64) -> ProcessRecording.Addition {
        let time = now()
        let (addition, passed, source) = state.withLockedValue { state in
            (state.recording.add(bytes, to: type, offset: offset, at: time), state.passed(), state.source)
        }
        if let passed { source?.acknowledge(stdout: passed.stdout, stderr: passed.stderr) }
        return addition
    }

    /// Waits while too much is in memory; the writer wakes it, also when it gives up.
    private func room() async {
        guard state.withLockedValue({ $0.isFull }) else { return }
        await withCheckedContinuation { continuation in
            let waits = state.withLockedValue { state in
                guard state.isFull else { return false }
                state.reader = continuation
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    /// Adds a chunk that is not output.
    func note(_ type: ChunkType, _ payload: ByteBuffer) {
        let time = now()
        state.withLockedValue { $0.recording.note(type, payload, at: time) }
    }

    var isHeldBack: Bool { state.withLockedValue { $0.isHeldBack } }

    /// Lets a first append go that was held back.
    func letGo() async {
        let writes = state.withLockedValue { state in
            state.letGo()
            return state.beginWriting()
        }
        if writes { await write() }
    }

    /// Stores everything, this last chunk included.
    ///
    /// - Throws: `PumpInterruption` when that is not possible.
    func complete(_ type: ChunkType, _ payload: ByteBuffer) async throws(PumpInterruption) {
        let time = now()
        let writes = state.withLockedValue { state in
            state.recording.note(type, payload, at: time)
            state.letGo()
            return state.beginWriting()
        }
        // A writer that is at work takes the last chunk along.
        if writes { await write() } else { await writerEnds() }
        if let interruption = state.withLockedValue({ $0.interruption }) { throw interruption }
    }

    private func writerEnds() async {
        await withCheckedContinuation { continuation in
            let waits = state.withLockedValue { state in
                guard state.isWriting else { return false }
                state.completer = continuation
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    private func write(in group: inout DiscardingTaskGroup) {
        if state.withLockedValue({ $0.beginWriting() }) { group.addTask { await self.write() } }
    }

    /// Appends until nothing is left to append.
    private func write() async {
        while true {
            let (batch, waiters) = state.withLockedValue { $0.nextBatch() }
            for waiter in waiters { waiter.resume() }
            guard let batch else { return }
            let began = ContinuousClock.now
            do {
                try await sink.append(batch)
            } catch {
                return interrupt(error)
            }
            metrics.appended(batch, took: .now - began)
            let (offsets, source) = state.withLockedValue { ($0.stored(batch), $0.source) }
            // What has ended is released as a whole.
            if !batch.position.hasEnded { source?.acknowledge(stdout: offsets.stdout, stderr: offsets.stderr) }
        }
    }

    private func interrupt(_ error: any Error) {
        let interruption: PumpInterruption =
            switch error {
            case OutputError.fenced: .fenced
            case _ where Task.isCancelled: .stopped
            default: .record(error)
            }
        for waiter in state.withLockedValue({ $0.interrupt(interruption) }) { waiter.resume() }
        interrupted(interruption)
    }
}
