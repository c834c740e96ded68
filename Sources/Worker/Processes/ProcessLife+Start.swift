import Bus
import Glibc
import Logging
import Model
import Ownership
import ProcessOutput
import ProviderKit
import Store

extension ProcessLife {
    /// How long a row may take to be written when the database does not say whether it was.
    private static let insertionPatience = Duration.seconds(15)

    /// Writes the row, starts the program, and looks after it from then on.
    func begin(_ start: ProcessStart, in box: any Box) async {
        do {
            guard try await insert(start) else { return }
        } catch {
            return await refuse(error)
        }
        // Once more, right before the side effect (rule 4).
        guard keeper.vitality.isAlive() else {
            await refuse(NoAnswer())
            return await endUnstarted()
        }
        let sink = makeSink()
        let recording = ProcessRecording(
            epoch: holding.epoch,
            limit: process.identity.storedLimit,
            tailLimit: start.tailLimit
        )
        let pump = makePump(recording, sink, holdsBack: process.identity.mode == .foreground)
        pump.note(.status, ControlChunk.running(epoch: holding.epoch))
        guard start.deadline.map({ $0 > keeper.bus.clock.now }) ?? true else {
            let message = "It was not started in time."
            return await fail(ProcessEnd(.failed, reason: ProcessEnd.Reason.startFailed, message: message), pump, sink)
        }
        do {
            let source = try await box.start(start.command)
            if source.externalID != start.row.externalID { await noteExternalID(of: source) }
            await follow(source, pump, sink)
        } catch {
            guard let end = ProcessEnd(notStarted: error, program: start.command.arguments.first ?? "") else {
                // It may have started: the box knows.
                process.move(to: .detached)
                return await follow(nil, pump, sink)
            }
            await fail(end, pump, sink)
        }
    }

    /// - Returns: Whether the row is there and its program may be started; otherwise everybody has been told.
    private func insert(_ start: ProcessStart) async throws -> Bool {
        let patience = ContinuousClock.now + Self.insertionPatience
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let insertion = try await keeper.store.startProcess(
                    start.row,
                    in: holding.sandbox,
                    epoch: holding.epoch,
                    box: holding.boxID
                )
                switch insertion {
                case .inserted: return true
                // An attempt of ours was not answered, and had succeeded.
                case .existing(let record) where record.id == process.id: return true
                case .existing(let record):
                    forget(as: .existing(record))
                    return false
                case .conflict(let record):
                    throw Fault.operationConflict(record.id)
                case .leaseLost:
                    throw NoLease()
                }
            } catch let error as StoreError where error.code == .outcomeUnknown {
                guard .now + pause < patience, !process.isStopping else {
                    await refuse(error)
                    await endUnstarted()
                    return false
                }
                try await Task.sleep(for: pause)
                pause = pause * 2
            }
        }
    }

    private func refuse(_ error: any Error) async {
        if error is NoLease { await keeper.verify(holding) }
        forget(as: .failed(error))
    }

    /// As if it had never been asked for, but for those who wait.
    private func forget(as refusal: OwnedProcess.Refusal) {
        holding.processes.remove(process)
        process.move(to: .refused(refusal))
    }

    /// The row may be there; its program was not started, and will not be.
    private func endUnstarted() async {
        let end = ProcessEnd(.failed, reason: ProcessEnd.Reason.startFailed, message: "It was not started.")
        do {
            try await close(as: end, OutputTotals())
        } catch PumpInterruption.fenced {
            // There is no such row, or not ours any more.
            await keeper.verify(holding)
        } catch {
            // Whoever owns it next finds that its box does not know it.
            left(error)
        }
    }

    private func makeSink() -> StreamSink {
        let stalls = StallReport(process: process.id, epoch: holding.epoch, keeper: keeper)
        let store = keeper.store
        let id = process.id
        let appender = OutputAppender(
            bus: keeper.bus,
            workspace: holding.workspace,
            sandbox: holding.sandbox,
            process: process.id,
            epoch: holding.epoch,
            tail: nil,
            logger: keeper.logger,
            archived: { try await store.segments(of: id).last.map { OutputTail($0) } },
            onStall: { stalls.set($0) }
        )
        return StreamSink(appender: appender, stalls: stalls)
    }

    private func fail(_ end: ProcessEnd, _ pump: ProcessPump, _ sink: any ChunkSink) async {
        do {
            try await finish(end, pump, sink, nil)
        } catch {
            left(error)
        }
    }

    private func noteExternalID(of source: any BoxProcess) async {
        do {
            _ = try await keeper.store.processStarted(
                process.id,
                epoch: holding.epoch,
                externalID: source.externalID
            )
        } catch {
            // The next owner attaches by our id.
            keeper.logger.warning("id of a process not stored", metadata: metadata(error))
        }
    }
}

extension ProcessEnd {
    /// Why a program was surely not started; nil when it may have been.
    init?(notStarted error: DriverError, program: String) {
        switch error.kind {
        case .startFailed(let errno):
            let reason = errno == ENOENT ? Reason.commandNotFound : Reason.startFailed
            self.init(.failed, reason: reason, message: "\(program): \(error.message)")
        case .invalid, .unsupported, .unauthorized, .rateLimited, .gone, .file, .denied,
            .agentOffline:
            self.init(.failed, reason: Reason.startFailed, message: error.message)
        case .archiveDamaged, .conflict, .timeout, .transient, .placementOffline, .processGone, .processEnded:
            return nil
        }
    }
}
