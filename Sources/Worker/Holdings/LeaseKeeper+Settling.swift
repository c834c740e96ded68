import Bus
import Logging
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store

/// Stopping, pausing and deleting what this worker serves.
extension LeaseKeeper {
    /// How long the start of a process that is under way may take once nobody looks after it any more.
    static let startPatience = Duration.seconds(5)

    /// How long after a failure an end is tried again.
    private static let drainPause = Duration.seconds(2)

    /// Reads what the row wants now, and does it.
    ///
    /// - Parameter onlyIfDue: Pause or stop only what idles; the row's own wishes are carried out in any case.
    func settle(_ holding: Holding, onlyIfDue: Bool) async throws {
        guard let record = try await store.leased(holding.sandbox, epoch: holding.epoch) else {
            await drop(holding)
            throw Fault.leaseLost
        }
        holding.setIdleTimeout(record.idleTimeoutMs)
        // What is being stopped is finished, even if it was asked to run meanwhile: it comes back from there.
        if record.intent != .run || record.drainingBox != nil || holding.isUnfinished {
            let intent = record.intent == .run ? .pause : record.intent
            let done = try await drain(holding, intent: intent, reason: record.intentReason)
            guard record.intent == .delete, done != .delete else { return }
            // It came while the box was being stopped, so that is what was done; the lease is free, and taken once more.
            _ = try await acquire(holding.sandbox, in: holding.workspace)
        } else if onlyIfDue {
            guard try await !meetDeadline(of: holding) else { return }
            try await pauseIfIdle(holding, record)
        }
    }

    /// The same for an intent that was found by chance; a failure is left to the reaper, who asks again.
    func settleIntent(of holding: Holding) async {
        do {
            try await settle(holding, onlyIfDue: false)
        } catch {
            logger.warning(
                "intent not settled",
                metadata: .keyed([.sandbox: "\(holding.sandbox)", .error: "\(Fault.describing(error))"])
            )
        }
    }

    private func pauseIfIdle(_ holding: Holding, _ record: SandboxRecord) async throws {
        guard let left = holding.timeUntilIdle() else {
            _ = try await store.setIdle(holding.sandbox, epoch: holding.epoch, inMilliseconds: nil)
            return
        }
        let isUsersMachine = driver.descriptor.isUsersMachine
        // There nothing is gained by ending what runs in the background.
        let runsOn = isUsersMachine && !holding.processes.open.isEmpty
        guard left <= .zero, !runsOn, holding.operations.close(onlyWhenIdle: true) else {
            let milliseconds = max(
                runsOn ? record.idleTimeoutMs ?? 1 : 1,
                left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            )
            _ = try await store.setIdle(holding.sandbox, epoch: holding.epoch, inMilliseconds: milliseconds)
            return
        }
        guard !isUsersMachine else {
            _ = try await store.setIdle(holding.sandbox, epoch: holding.epoch, inMilliseconds: nil)
            return try await giveBack(holding, reason: "idle")
        }
        _ = try await drain(holding, intent: record.persistent ? .pause : .stop, reason: "idle")
    }

    /// Ends what runs, stops or deletes the box, and gives the lease back; once, whoever asks meanwhile.
    ///
    /// - Parameter begun: The row of one that is draining already.
    /// - Returns: What was done; perhaps another's earlier wish.
    func drain(
        _ holding: Holding,
        intent: Intent,
        reason: String?,
        begun: SandboxRecord? = nil
    ) async throws -> Intent {
        _ = holding.operations.close()
        do {
            return try await holding.drainOnce { [self] in try await end(holding, intent, reason, begun) }
        } catch is NoLease {
            throw Fault.leaseLost
        } catch {
            // It serves no more, so it is finished, or found to be settled or lost: nobody else knows that it needs it.
            guard holding.beginRetrying() else { throw error }
            dispatcher.enqueue { [self] in
                while (try? await Task.sleep(for: Self.drainPause)) != nil, !holding.isDropped {
                    await settleIntent(of: holding)
                }
            }
            throw error
        }
    }

    private func end(
        _ holding: Holding,
        _ intent: Intent,
        _ reason: String?,
        _ begun: SandboxRecord?
    ) async throws -> Intent {
        let done: Intent
        do {
            var draining = begun
            if draining == nil {
                draining = try await store.beginDraining(
                    holding.sandbox,
                    epoch: holding.epoch,
                    intent: intent,
                    reason: reason,
                    actor: identity.actor
                )
            }
            // Draining already: a repeat of an attempt that failed half way.
            if draining == nil { draining = try await store.leased(holding.sandbox, epoch: holding.epoch) }
            guard let draining else { throw NoLease() }
            done = settlement.intent(of: draining)
            async let boxes = store.boxes(of: holding.sandbox)
            let open = await loseProcesses(of: holding, for: done)
            await holding.operations.drain(within: .whenEnding(for: done), telling: .draining)
            try await settlement.settle(draining, boxes: try await boxes)
            // Their rows were ended with the sandbox's.
            for process in open { announceEnd(of: process, in: holding.workspace) }
        } catch is NoLease {
            await drop(holding)
            throw NoLease()
        }
        // Only now: who asked meanwhile was told that it is being handed over, never that nobody is there.
        await drop(holding)
        return done
    }

    /// The same for a sandbox whose box was never brought up here.
    func settleUnserved(_ leased: LeasedSandbox) async throws {
        let record = leased.record
        let holding = Holding(leased, box: nil, boxID: leased.boxes.last?.id ?? identity.newID(), metrics: metrics)
        let running = try await store.runningProcesses(of: record.id, epoch: record.epoch)
        let processes = try inherit(running, by: holding)
        let intent = settlement.intent(of: record)
        for process in processes {
            // First: a box that is to be ended is not brought back for what runs in it (rule 11).
            process.wish(.lose(reason: Self.lossReason(intent)))
            process.launch { [self] in await life(of: process, holding).takeOver(nil) }
        }
        let open = await loseProcesses(of: holding, for: intent)
        try await settlement.settle(record, boxes: leased.boxes)
        for process in open { announceEnd(of: process, in: holding.workspace) }
    }

    /// Stops serving without touching the box, and looks after nothing in it any more; what runs there goes on.
    func drop(_ holding: Holding) async {
        await stopServing(holding)
        await letGo(of: holding)
    }

    /// The part of it that is over at once: from here on nothing is done or answered in the sandbox's name.
    func stopServing(_ holding: Holding) async {
        holdings.remove(holding)
        _ = holding.operations.close()
        await holding.drop()
    }

    private func letGo(of holding: Holding) async {
        await holding.processes.stop(within: Self.startPatience)
        await holding.operations.drain(within: .none, telling: .leaseLost)
    }

    /// The lease has gone: lets go of everything, apart from whoever found out.
    func leaseLost(_ holding: Holding) {
        dispatcher.enqueue { [self] in
            guard !holding.isDropped else { return }
            logger.notice("lease lost", metadata: .keyed([.sandbox: "\(holding.sandbox)", .epoch: "\(holding.epoch)"]))
            await drop(holding)
        }
    }

    /// The lease of everything is lost.
    func dropAll() async {
        for holding in holdings.all { await stopServing(holding) }
    }

    /// After a gap in the heartbeats: drops what others have taken over.
    func verifyHoldings() async throws {
        let owned = try await store.holdings(of: identity.id)
        for holding in holdings.all where owned[holding.sandbox] != holding.epoch {
            logger.notice("lease lost", metadata: .keyed([.sandbox: "\(holding.sandbox)", .epoch: "\(holding.epoch)"]))
            await stopServing(holding)
            // Heartbeats do not wait for the rest.
            dispatcher.enqueue { [self] in await letGo(of: holding) }
        }
    }

    func sweepOperations() {
        for holding in holdings.all {
            holding.operations.sweep()
            holding.processes.sweep()
        }
    }
}

extension Fault {
    /// Nothing was done: another owner decides, or nobody is one any more.
    static let leaseLost = Fault(
        .leaseLost,
        "This worker serves the sandbox no more.",
        hint: "Try again.",
        retryAfter: 1
    )
}
