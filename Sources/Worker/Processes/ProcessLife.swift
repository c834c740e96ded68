import Bus
import Logging
import Model
import NIOCore
import Ownership
import ProcessOutput
import ProviderKit
import ServiceHost
import Store

/// Looks after one process for as long as this worker owns it: follows it, and carries its end through.
struct ProcessLife: Sendable {
    /// How long the first append of a foreground process waits, so that a short command costs one append.
    static let heldBackFor = Duration.milliseconds(5)
    /// Between TERM and KILL for what goes beyond its output limit.
    static let limitGrace = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(1)

    let process: OwnedProcess
    let holding: Holding
    let keeper: LeaseKeeper

    /// What cannot be followed any more, and why that is its end.
    struct Lost: Error {
        var reason: String
    }

    /// Nobody wants this worker to look after it any more.
    struct Left: Error {}

    /// It has to be taken up again from what is stored.
    struct Retake: Error {}

    // MARK: Following

    /// Follows the process to its end, through boxes that come back, and settles what becomes of it.
    ///
    /// - Parameter first: The process as it was started or attached to; nil finds it first.
    func follow(_ first: (any BoxProcess)?, _ pump: ProcessPump, _ sink: any ChunkSink) async {
        await withDiscardingTaskGroup { group in
            if process.identity.mode == .foreground { keeper.holdBack.hold(pump, of: process) }
            do {
                let (source, exit) = try await exit(of: first, pump, in: &group)
                let end = ProcessEnd(exit, wish: process.wish)
                try await finish(end, pump, sink, source)
            } catch let lost as Lost {
                do {
                    try await finish(ProcessEnd(lost: lost.reason), pump, sink, nil)
                } catch {
                    left(error)
                }
            } catch {
                left(error)
            }
        }
    }

    private func exit(
        of first: (any BoxProcess)?,
        _ pump: ProcessPump,
        in group: inout DiscardingTaskGroup
    ) async throws -> (any BoxProcess, ProcessExit) {
        var next = first
        while true {
            let source: any BoxProcess
            if let next { source = next } else { source = try await find(from: pump.received) }
            guard !process.isStopping else { throw Left() }
            process.move(to: .running(source))
            // What was asked of it before the connection broke may not have arrived.
            if process.wish != nil { Self.kill(source, in: &group) }
            let interruption: PumpInterruption
            do {
                let exit = try await pump.follow(source, in: &group) { group in
                    guard process.identity.killsAtLimit else { return }
                    process.wish(.kill(reason: ProcessEnd.Reason.outputLimit))
                    Self.kill(source, in: &group)
                }
                return (source, exit)
            } catch {
                interruption = error
            }
            guard case .box(let error) = interruption else { throw interruption }
            keeper.logger.info("process out of reach", metadata: metadata(error))
            process.move(to: .detached)
            next = nil
        }
    }

    private static func kill(_ source: any BoxProcess, in group: inout DiscardingTaskGroup) {
        // A connection that breaks meanwhile is noticed by who follows; then it is killed again.
        group.addTask { try? await source.kill(grace: limitGrace) }
    }

    /// Attaches to the process in a box that answers, for as long as it takes.
    ///
    /// - Throws: `Lost` when the box does not know it; `Left`.
    private func find(from offsets: OutputOffsets) async throws -> any BoxProcess {
        var pause = Duration.milliseconds(20)
        while true {
            guard !process.isStopping, !Task.isCancelled else { throw Left() }
            if case .lose(let reason) = process.wish { throw Lost(reason: reason) }
            if isBoxGone { throw Lost(reason: lossReason ?? ProcessEnd.Reason.boxGone) }
            do {
                let box = try await keeper.liveBox(of: holding).box
                // Perhaps it was started again just now.
                if isBoxGone { throw Lost(reason: lossReason ?? ProcessEnd.Reason.boxGone) }
                let source = try await box.attach(process.id.rawValue, stdout: offsets.stdout, stderr: offsets.stderr)
                keeper.metrics.attached()
                return source
            } catch is NoLease {
                throw Left()
            } catch let error as DriverError {
                switch error.kind {
                case .gone: throw Lost(reason: ProcessEnd.Reason.boxGone)
                case .processGone, .unsupported:
                    let reason = isBoxGone ? ProcessEnd.Reason.boxGone : ProcessEnd.Reason.notInBox
                    throw Lost(reason: lossReason ?? reason)
                case .conflict:
                    // Perhaps a later owner has spoken to the box.
                    keeper.logger.info("process not attached", metadata: metadata(error))
                    await keeper.verify(holding)
                case .invalid:
                    keeper.logger.warning("process not attached at its offsets", metadata: metadata(error))
                    throw Retake()
                default:
                    let level: Logger.Level = pause < Self.longestPause ? .debug : .warning
                    keeper.logger.log(level: level, "process not attached yet", metadata: metadata(error))
                }
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// The box that it ran in was made anew, or started again over its files.
    var isBoxGone: Bool {
        process.identity.box != holding.boxID || holding.isFresh(since: process.identity.generation)
    }

    /// What the provider says became of what ran before this life of the box.
    private var lossReason: String? {
        guard let live = holding.live, live.generation > process.identity.generation else { return nil }
        return live.box.lossReason
    }

    // MARK: Ending

    /// The last chunk, then the row, then the word that it has ended; then the box may forget it.
    func finish(
        _ end: ProcessEnd,
        _ pump: ProcessPump,
        _ sink: any ChunkSink,
        _ source: (any BoxProcess)?
    ) async throws {
        let written = pump.received
        let isExit = end.status == .exited || end.status == .killed
        try await pump.complete(
            isExit ? .exit : .error,
            isExit ? ControlChunk.exit(end, written: written) : ControlChunk.error(end)
        )
        let totals = OutputTotals(
            stdoutBytes: written.stdout,
            stderrBytes: written.stderr,
            chunkCount: pump.position.sequence,
            streamFirst: sink.firstStreamSequence,
            streamLast: sink.lastStreamSequence
        )
        try await close(as: end, totals, tails: pump.tails)
        source?.release()
    }

    /// Ends the row, for as long as it takes, and tells everybody.
    func close(
        as end: ProcessEnd,
        _ totals: OutputTotals,
        tails: (stdout: ByteBuffer, stderr: ByteBuffer)? = nil
    ) async throws {
        var pause = Duration.milliseconds(50)
        while true {
            guard !Task.isCancelled else { throw Left() }
            do {
                let record = try await keeper.store.endProcess(
                    process.id,
                    epoch: holding.epoch,
                    as: end,
                    output: totals,
                    actor: keeper.identity.actor
                )
                guard let record else { throw PumpInterruption.fenced }
                return ended(record, tails)
            } catch let error as StoreError {
                keeper.logger.warning("end of a process not stored yet", metadata: metadata(error))
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func ended(_ record: ProcessRecord, _ tails: (stdout: ByteBuffer, stderr: ByteBuffer)?) {
        if record.status == .lost { keeper.metrics.lost() }
        // Who asked for it here first; the others are told over the bus.
        process.end(record, tails: tails)
        holding.processes.hasEnded(process)
        keeper.announceEnd(of: process.id, in: holding.workspace)
    }

    /// The process goes on without this worker, or is looked after anew.
    func left(_ error: any Error) {
        switch error {
        case PumpInterruption.fenced: keeper.leaseLost(holding)
        case is Retake: retake(after: Self.longestPause)
        default: break
        }
    }

    private func retake(after pause: Duration) {
        process.move(to: .detached)
        keeper.dispatcher.enqueue {
            await process.relaunch {
                try? await Task.sleep(for: pause)
                await takeOver(nil)
            }
        }
    }

    func makePump(_ recording: ProcessRecording, _ sink: any ChunkSink, holdsBack: Bool) -> ProcessPump {
        ProcessPump(
            recording,
            sink: sink,
            holdsBack: holdsBack,
            metrics: keeper.metrics,
            now: { [clock = keeper.bus.clock] in clock.now },
            interrupted: { interruption in
                switch interruption {
                case .fenced: keeper.leaseLost(holding)
                case .record(let cause):
                    keeper.logger.error("record of a process taken up again", metadata: metadata(cause))
                    retake(after: .zero)
                case .box, .stopped: break
                }
            }
        )
    }

    func metadata(_ error: any Error) -> Logger.Metadata {
        .keyed([
            .sandbox: "\(holding.sandbox)", .process: "\(process.id)", .epoch: "\(holding.epoch)", .error: "\(error)",
        ])
    }
}
