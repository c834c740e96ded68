import Bus
import Logging
import Model
import NIOCore
import Ownership
import ProcessOutput
import ProviderKit
import ServiceHost
import Store

extension ProcessLife {
    /// Takes up what an earlier owner left, from what is stored, for as long as it takes (rule 14).
    ///
    /// - Parameter listing: What the box has said of the process; nil asks it.
    func takeOver(_ listing: BoxProcessListing?) async {
        var pause = Duration.milliseconds(100)
        while !process.isStopping, !Task.isCancelled {
            do {
                return try await adopt(listing)
            } catch OutputError.fenced {
                return left(PumpInterruption.fenced)
            } catch PumpInterruption.fenced {
                return left(PumpInterruption.fenced)
            } catch is Left {
                return
            } catch is NoLease {
                return
            } catch {
                keeper.logger.warning("process not taken over yet", metadata: metadata(error))
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    private func adopt(_ known: BoxProcessListing?) async throws {
        let store = keeper.store
        let id = process.id
        let stalls = StallReport(process: process.id, epoch: holding.epoch, keeper: keeper)
        let taken = try await OutputAppender.takeOver(
            bus: keeper.bus,
            workspace: holding.workspace,
            sandbox: holding.sandbox,
            process: process.id,
            epoch: holding.epoch,
            archived: { try await store.segments(of: id).last.map { OutputTail($0) } },
            at: keeper.bus.clock.now,
            logger: keeper.logger,
            onStall: { stalls.set($0) },
            status: { [holding] previous in
                // An owner that died before its first append has said nothing yet.
                previous.sequence == 0
                    ? ControlChunk.running(epoch: holding.epoch)
                    : ControlChunk.attached(epoch: holding.epoch, previousEpoch: previous.epoch)
            }
        )
        var isKnownLost = isBoxGone
        if case .lose = process.wish { isKnownLost = true }
        let listing = if isKnownLost || known != nil { known } else { try await askBox() }
        if taken.previous.hasEnded { return try await endAsStored(taken, listing) }
        let sink = StreamSink(appender: taken.appender, stalls: stalls)
        let recording = recording(after: taken.composer.position, listing)
        await follow(nil, makePump(recording, sink, holdsBack: false), sink)
    }

    /// Nil when the box does not know the process.
    private func askBox() async throws -> BoxProcessListing? {
        do {
            return try await keeper.liveBox(of: holding).box.processes().first { $0.id == process.id.rawValue }
        } catch let error as DriverError where error.kind == .gone || error.kind == .unsupported {
            // Attaching tells.
            return nil
        }
    }

    private func recording(after stored: OutputPosition, _ listing: BoxProcessListing?) -> ProcessRecording {
        var position = stored
        var received: OutputOffsets?
        let held = OutputOffsets(
            stdout: max(stored.stdout, listing?.stdoutStart ?? 0),
            stderr: max(stored.stderr, listing?.stderrStart ?? 0)
        )
        if held != OutputOffsets(stdout: stored.stdout, stderr: stored.stderr) {
            // Let go of although it is not stored: that is right beyond the limit only. A code point may be missing there.
            if stored.stdout + stored.stderr + 8 >= process.identity.storedLimit {
                received = held
            } else {
                // The broker lost what it had acknowledged. The offsets of what follows are right all the same.
                position.stdout = held.stdout
                position.stderr = held.stderr
                keeper.logger.error(
                    "stored output of a process is gone",
                    metadata: metadata(
                        Fault(.outputTruncated, "up to \(held.total - stored.stdout - stored.stderr) bytes")
                    )
                )
            }
        }
        return ProcessRecording(
            position: position,
            received: received,
            epoch: holding.epoch,
            limit: process.identity.storedLimit
        )
    }

    // MARK: What has ended already

    /// The owner before stored the end, and did not live to write it down.
    private func endAsStored(_ taken: OutputTakeOver, _ listing: BoxProcessListing?) async throws {
        let recorded = try await recordedEnd(taken)
        let totals = OutputTotals(
            stdoutBytes: recorded?.written?.stdout ?? taken.previous.stdout,
            stderrBytes: recorded?.written?.stderr ?? taken.previous.stderr,
            chunkCount: taken.previous.sequence,
            streamFirst: taken.appender.firstStreamSequence,
            streamLast: taken.appender.lastStreamSequence
        )
        try await close(as: recorded?.end ?? ProcessEnd(lost: ProcessEnd.Reason.notInBox), totals)
        if let listing, let box = holding.box { await keeper.release(listing, in: box) }
    }

    private func recordedEnd(_ taken: OutputTakeOver) async throws -> RecordedEnd? {
        let reader = OutputReader(
            bus: keeper.bus,
            workspace: holding.workspace,
            sandbox: holding.sandbox,
            process: process.id,
            segments: { [] },
            archive: NoArchive(),
            streamFirst: taken.appender.firstStreamSequence,
            streamLast: taken.appender.lastStreamSequence
        )
        var last: Chunk?
        for try await batch in reader.batches(from: .sequence(taken.previous.sequence)) { last = batch.chunks.last }
        return last.flatMap(RecordedEnd.init)
    }
}

/// The newest message is in the stream; nothing is read from the archive here.
private struct NoArchive: SegmentReading {
    func batches(of segment: SegmentReference) async throws -> any SegmentBatches {
        throw OutputError.expired(upTo: segment.lastSequence)
    }
}
