import Model
import Ownership
import ProviderKit

/// What it does for a sandbox that it serves; each as the worker's operations do it.
extension SimulatedWorker {
    /// Writes one numbered file.
    ///
    /// - Returns: Whether the write may be acknowledged.
    func write(_ number: Int, to sandbox: SandboxID, deadline: Int64) async -> Bool {
        guard isAlive, simulator.now < deadline, let holding = holdings[sandbox], !holding.isClosed else { return false }
        if fleet.mutation != .savesWhileWritesRun { holding.running += 1 }
        defer { if fleet.mutation != .savesWhileWritesRun { holding.running -= 1 } }
        do {
            if !driver.provider.flavour.fences {
                guard try await store.holds(sandbox, epoch: holding.epoch) else {
                    drop(holding)
                    return false
                }
                guard isAlive, simulator.now < deadline, !holding.isCut else { return false }
            }
            try await holding.box.put(number)
        } catch {
            // A box that does not answer is brought up again by whoever asks next.
            return await revive(holding, after: error)
        }
        // Only who still owns it answers for it.
        let isOurs = !holding.isCut && !holding.isDropped || fleet.mutation == .savesWhileWritesRun
        guard isAlive, isOurs else { return false }
        fleet.oracle.acknowledged(number, of: sandbox, epoch: holding.epoch, by: name)
        return true
    }

    /// The box was stopped or died under us.
    private func revive(_ holding: Holding, after error: any Error) async -> Bool {
        guard !holding.isClosed, let kind = (error as? DriverError)?.kind else { return false }
        if kind == .transient { return await restart(holding) }
        guard kind == .gone || kind == .conflict else { return false }
        drop(holding)
        _ = try? await store.release(holding.sandbox, epoch: holding.epoch, actor: name, reason: "box closed")
        return false
    }

    /// Perhaps it was only stopped, by a call of an earlier owner that came late.
    private func restart(_ holding: Holding) async -> Bool {
        guard let record = try? await store.leased(holding.sandbox, epoch: holding.epoch),
            let envelope = record.envelope
        else { return false }
        let resumption = BoxResumption(
            envelope: envelope,
            sandbox: holding.sandbox,
            epoch: holding.epoch,
            spec: record.spec,
            environment: [:]
        )
        _ = try? await owner.driver.resume(resumption)
        return false
    }

    /// Does what the row wants.
    func settle(_ sandbox: SandboxID) async -> Bool {
        guard isAlive, let holding = holdings[sandbox] else { return false }
        do {
            guard let record = try await store.leased(sandbox, epoch: holding.epoch) else {
                drop(holding)
                return false
            }
            guard record.intent != .run || record.drainingBox != nil || holding.isUnfinished else { return true }
            return try await drain(holding, record.intent == .run ? .pause : record.intent)
        } catch {
            simulator.note(name, "\(sandbox.short) not settled: \(error)")
            return false
        }
    }

    func pause(_ sandbox: SandboxID) async -> Bool {
        guard isAlive, let holding = holdings[sandbox] else { return false }
        do {
            let isPersistent = fleet.store.lease(sandbox)?.persistent ?? true
            return try await drain(holding, isPersistent ? .pause : .stop)
        } catch {
            simulator.note(name, "\(sandbox.short) not paused: \(error)")
            return false
        }
    }

    func restore(_ sandbox: SandboxID, from archive: ArchiveID, deadline: Int64) async -> Bool {
        guard isAlive, simulator.now < deadline, let holding = holdings[sandbox], !holding.isClosed else { return false }
        do {
            let epoch = holding.epoch
            // One that cannot be read from here is refused before anything is done.
            guard let record = try await store.run({ $0.archive(archive) }), isReadable(record) else {
                return false
            }
            // Nothing is written between the wish and the drain that saves what was.
            holding.isClosed = true
            let begun = try await store.run(at: .beginDraining) { store in
                store.intendRestore(archive, of: sandbox, epoch: epoch)
                    ? store.beginDraining(sandbox, epoch: epoch, intent: .pause) : nil
            }
            guard let begun else {
                holding.isClosed = false
                return false
            }
            guard try await drain(holding, .pause, begun: begun) else { return false }
            return await acquire(sandbox) == .serving
        } catch {
            if !holding.isDropped { tryAgain(holding) }
            simulator.note(name, "\(sandbox.short) not restored: \(error)")
            return false
        }
    }

    private func isReadable(_ archive: ArchiveRecord) -> Bool {
        archive.format == .portable
            || archive.account == driver.binding.account && archive.placement == driver.binding.placement
    }

    /// Saves the files of the running box as an archive of the user's.
    func checkpoint(_ sandbox: SandboxID, portable: Bool) async -> ArchiveID? {
        guard isAlive, let holding = holdings[sandbox], !holding.isClosed else { return nil }
        holding.running += 1
        defer { holding.running -= 1 }
        let archive = ArchiveRecord(
            id: simulator.identifier("a"),
            workspace: fleet.store.workspace,
            sandbox: sandbox,
            purpose: .checkpoint,
            state: .candidate,
            format: portable ? .portable : .native,
            provider: driver.descriptor.name,
            account: driver.binding.account,
            placement: driver.binding.placement,
            epoch: holding.epoch,
            createdAt: simulator.date
        )
        do {
            guard try await store.intendArchive(archive, actor: name) else { return nil }
            let capture = BoxCapture(
                archive: archive.id,
                envelope: holding.box.envelope,
                sandbox: sandbox,
                epoch: holding.epoch
            )
            let reference =
                portable
                ? try await SimulatedArchiver(provider: fleet.provider, mutation: nil)
                    .capture(holding.box, as: archive.id)
                : try await driver.capture(capture)
            let isPublished = try await store.publishArchive(
                archive.id,
                of: sandbox,
                epoch: holding.epoch,
                reference: reference,
                actor: name
            )
            return isPublished ? archive.id : nil
        } catch {
            _ = try? await store.abandonArchive(archive.id, reason: "failed", actor: name)
            return nil
        }
    }

    /// It serves no more, and nobody else knows that it has to be ended.
    private func tryAgain(_ holding: Holding) {
        guard !holding.isUnfinished else { return }
        holding.isUnfinished = true
        simulator.spawn { [self] in
            while await simulator.sleep(process, 2000), !holding.isDropped { _ = await settle(holding.sandbox) }
        }
    }

    /// - Parameter begun: What the store has said of it already.
    private func drain(_ holding: Holding, _ intent: Intent, begun: SandboxRecord? = nil) async throws -> Bool {
        guard !holding.isDraining else { return false }
        holding.isDraining = true
        holding.isClosed = true
        defer { holding.isDraining = false }
        let settlement = Settlement(owner: owner)
        do {
            var record = begun
            if record == nil {
                record = try await store.beginDraining(
                    holding.sandbox,
                    epoch: holding.epoch,
                    intent: intent,
                    reason: nil,
                    actor: name
                )
            }
            if record == nil { record = try await store.leased(holding.sandbox, epoch: holding.epoch) }
            guard let record else { throw NoLease() }
            for _ in 0..<50 where holding.running > 0 {
                guard await simulator.sleep(process, 100) else { throw NoLease() }
            }
            holding.isCut = true
            let boxes = try await store.boxes(of: holding.sandbox)
            try await settlement.settle(record, boxes: boxes)
        } catch is NoLease {
            drop(holding)
            return false
        } catch {
            tryAgain(holding)
            throw error
        }
        drop(holding)
        return true
    }
}
