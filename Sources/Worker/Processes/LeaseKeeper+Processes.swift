import Bus
import Logging
import Model
import NATSClient
import NIOCore
import ProviderKit
import ServiceHost
import Store

/// Taking over the processes of a sandbox, and ending them with it.
extension LeaseKeeper {
    /// How many processes of a sandbox are attached to at the same time.
    private static let attachWidth = 16
    /// How long an acquire waits for them; what takes longer is attached to while the sandbox is served.
    private static let attachPatience = Duration.seconds(3)
    /// Between TERM and KILL for what ends with its sandbox, and how long all of it may take.
    private static let endGrace = Duration.seconds(1)
    private static let endPatience = Duration.seconds(5)

    /// Enters what an earlier owner left running, before anybody can ask for it.
    func inherit(_ records: [ProcessRecord], by holding: Holding) throws -> [OwnedProcess] {
        try records
            .compactMap { record in
                let identity = ProcessIdentity(
                    id: record.id,
                    mode: record.mode,
                    operation: record.operation,
                    requestHash: nil,
                    storedLimit: record.storedLimit > 0 ? UInt64(record.storedLimit) : storedLimit,
                    killsAtLimit: record.killsAtLimit,
                    box: record.box ?? holding.boxID
                )
                guard case .new(let process) = try holding.processes.enter(identity, phase: .detached) else {
                    return nil
                }
                return process
            }
    }

    func life(of process: OwnedProcess, _ holding: Holding) -> ProcessLife {
        ProcessLife(process: process, holding: holding, keeper: self)
    }

    /// Attaches to them, many at a time; those that cannot be attached to soon go on trying.
    func takeOver(_ processes: [OwnedProcess], of holding: Holding) async {
        guard let box = holding.box, !(processes.isEmpty && box.isFresh) else { return }
        guard !processes.isEmpty else {
            return dispatcher.enqueue { [self] in await releaseStrays(in: box, of: holding) }
        }
        let listings = await listings(in: box, of: holding)
        let known = Dictionary(listings.map { ($0.id, $0) }) { first, _ in first }
        let deadline = ContinuousClock.now + Self.attachPatience
        await withTaskGroup(of: Void.self) { group in
            for (index, process) in processes.enumerated() {
                if index >= Self.attachWidth { await group.next() }
                let listing = known[process.id.rawValue]
                process.launch { [self] in await life(of: process, holding).takeOver(listing) }
                group.addTask { _ = try? await process.started(within: deadline - .now) }
            }
        }
        await release(strays(among: listings, of: holding), in: box)
    }

    /// Ends what runs together with its sandbox, and stores what it last wrote.
    ///
    /// - Returns: What could not be ended in time; its row is ended with the sandbox's.
    func loseProcesses(of holding: Holding, for intent: Intent) async -> [ProcessID] {
        holding.processes.close()
        let open = holding.processes.open
        guard !open.isEmpty else { return [] }
        let reason = Self.lossReason(intent)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: Self.endPatience) }
            group.addTask {
                await withDiscardingTaskGroup { ending in
                    for process in open { ending.addTask { await Self.lose(process, reason) } }
                }
            }
            await group.next()
            group.cancelAll()
        }
        await holding.processes.stop(within: .zero)
        return
            open.filter { process in
                if case .ended = process.phase { false } else { true }
            }
            .map(\.id)
    }

    static func lossReason(_ intent: Intent) -> String {
        switch intent {
        case .run, .stop: ProcessEnd.Reason.sandboxStopped
        case .pause: ProcessEnd.Reason.sandboxPaused
        case .delete: ProcessEnd.Reason.sandboxDeleted
        }
    }

    private static func lose(_ process: OwnedProcess, _ reason: String) async {
        process.wish(.lose(reason: reason))
        // A box that does not answer is stopped all the same.
        if case .running(let source) = process.phase { try? await source.kill(grace: endGrace) }
        _ = try? await process.ended()
    }

    // MARK: What the box still knows

    /// Has the box forget what has ended by its row; the word that was to do that got lost.
    func releaseStrays(in box: any Box, of holding: Holding) async {
        await release(strays(among: await listings(in: box, of: holding), of: holding), in: box)
    }

    private func listings(in box: any Box, of holding: Holding) async -> [BoxProcessListing] {
        do {
            return try await box.processes()
        } catch {
            logger.debug(
                "processes of a box not listed",
                metadata: .keyed([.sandbox: "\(holding.sandbox)", .error: "\(error)"])
            )
            return []
        }
    }

    /// Every process of the box had its row first, and running rows were entered before anybody could start another.
    private func strays(among listings: [BoxProcessListing], of holding: Holding) -> [BoxProcessListing] {
        listings.filter { listing in
            guard let id = ProcessID(listing.id) else { return false }
            return holding.processes[id].map { $0.endedAt != nil } ?? true
        }
    }

    private func release(_ strays: [BoxProcessListing], in box: any Box) async {
        guard !strays.isEmpty else { return }
        for stray in strays { await release(stray, in: box) }
        // One of them may have been in the middle of an import.
        do {
            try await WorkspaceImport.recover(in: box)
        } catch {
            logger.notice(
                "left by an import",
                metadata: .keyed([.box: "\(box.envelope.boxId ?? "")", .error: "\(error)"])
            )
        }
    }

    func release(_ listing: BoxProcessListing, in box: any Box) async {
        do {
            let process = try await box.attach(
                listing.id,
                stdout: listing.stdoutStart,
                stderr: listing.stderrStart
            )
            if listing.isRunning {
                // Its row has ended, so nobody will ever look after it.
                try await process.kill(grace: .zero)
                reading: while let event = try await process.next() {
                    switch event {
                    case .stdout(let bytes, let offset):
                        process.acknowledge(stdout: offset + UInt64(bytes.readableBytes), stderr: 0)
                    case .stderr(let bytes, let offset):
                        process.acknowledge(stdout: 0, stderr: offset + UInt64(bytes.readableBytes))
                    case .exited: break reading
                    }
                }
            }
            process.release()
        } catch {
            logger.debug("process not released", metadata: .keyed([.process: "\(listing.id)", .error: "\(error)"]))
        }
    }

    // MARK: Telling

    /// Tells whoever waits that the row is worth a read; they look now and then by themselves too.
    func announceEnd(of process: ProcessID, in workspace: WorkspaceID) {
        do {
            try bus.connection.publish(subject: Subject.ended(workspace, process))
        } catch {
            logger.debug(
                "end of a process not announced",
                metadata: .keyed([.process: "\(process)", .error: "\(error)"])
            )
        }
    }

    /// Looks whether the lease is still held, after the store has said otherwise.
    func verify(_ holding: Holding) async {
        do {
            if try await store.leased(holding.sandbox, epoch: holding.epoch) == nil { leaseLost(holding) }
        } catch {
            logger.debug("lease not verified", metadata: .keyed([.sandbox: "\(holding.sandbox)", .error: "\(error)"]))
        }
    }
}
