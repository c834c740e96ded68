import FoundationEssentials
import Model
import ProviderKit

/// The reaper's duties, as far as ownership needs them.
extension SimulatedFleet {
    func reap() {
        every(1000) { [self] in await fenceTheDead() }
        every(1500) { [self] in await takeOver() }
        every(2000) { [self] in await settle() }
        every(5000) { [self] in await resolve() }
        every(15_000) { [self] in
            for worker in workers where !worker.process.isDead { simulator.spawn { await worker.sweep() } }
        }
        every(7000) { [self] in await collect() }
    }

    private func every(_ milliseconds: Int, _ duty: @escaping @Sendable () async -> Void) {
        simulator.spawn { [self] in
            while await simulator.sleep(reaper, milliseconds + simulator.random.below(300)) { await duty() }
        }
    }

    private var face: StoreFace { StoreFace(store: store, process: reaper) }

    /// Two witnesses, or a heartbeat that has been over for long (rule 3).
    ///
    /// A silence that a broken broker explains is none, but one worker may be cut off; a database that restarted frees the locks
    /// of the living for a moment.
    private func fenceTheDead() async {
        for worker in workers + fallen {
            let wasSilent = worker.isSilent
            let isSilent = wasSilent || mutation == .trustsAFreeLock
            let fenced = try? await face.run { [self, id = worker.id] store in
                guard let heartbeat = store.workers[id], !heartbeat.isOver else { return true }
                let late = store.simulator.date.timeIntervalSince(heartbeat.validUntil)
                let isLockFree = isLockFree(of: worker) || mutation == .trustsSilence
                guard late > 60 || (late > -6 && isSilent && isLockFree) else { return false }
                oracle.fenced(worker, wasSilent: wasSilent, isLong: late > 60)
                store.workers[id]?.isOver = true
                store.simulator.note("reaper", "fences \(id.short)")
                return true
            }
            if fenced == true { forget(worker) }
        }
    }

    /// Sandboxes whose owner is dead.
    private func takeOver() async {
        await acquire { store, _, lease in
            guard let owner = lease.owner, let heartbeat = store.workers[owner] else { return false }
            return heartbeat.isOver || heartbeat.validUntil < store.simulator.date
        }
    }

    /// Creations that nobody drives, and stops and deletes that nobody finished.
    private func settle() async {
        await settle { _, _, lease in
            guard lease.intent != .run else { return lease.status == .creating || lease.drainingBox != nil }
            return lease.status == .creating || lease.intent == .delete || lease.drainingBox != nil || lease.state != .cold
                || lease.status == .active || (lease.intent == .stop && lease.status == .paused)
        }
    }

    /// Boxes that may have been made, of sandboxes to which nobody came back.
    private func resolve() async {
        await settle { store, sandbox, lease in
            lease.state == .cold && lease.status != .error
                && store.openBoxes(of: sandbox)
                    .contains {
                        $0.state == .intended && $0.callDeadline < store.simulator.date
                    }
        }
    }

    private func settle(_ isDue: @escaping @Sendable (SimulatedStore, SandboxID, Lease) -> Bool) async {
        let due = (try? await face.run { store in store.claim(isDue) }) ?? []
        for sandbox in due {
            let servers = servers(of: sandbox)
            if servers.isEmpty {
                if (try? await face.run { $0.settleWithoutBox(sandbox) }) == true { continue }
                ask(sandbox)
            }
            for worker in servers {
                simulator.spawn { [self] in _ = await ask(worker, from: reaper) { await $0.settle(sandbox) } }
            }
        }
    }

    private func acquire(_ isDue: @escaping @Sendable (SimulatedStore, SandboxID, Lease) -> Bool) async {
        for sandbox in (try? await face.run { store in store.claim(isDue) }) ?? [] { ask(sandbox) }
    }

    private func ask(_ sandbox: SandboxID) {
        // A sandbox that is bound to a host is asked for there.
        let bound = store.lease(sandbox)?.placement
        let there = workers.filter { bound == nil || $0.driver.binding.placement == bound }
        let worker = there.isEmpty ? anyWorker() : simulator.random.pick(there)
        simulator.spawn { [self] in _ = await ask(worker, from: reaper) { await $0.acquire(sandbox) } }
    }

    /// Archives that are to be deleted.
    private func collect() async {
        let deletable = try? await face.run { store in
            store.abandonCandidates()
            return store.deletableArchives()
        }
        guard let deletable, !deletable.isEmpty else { return }
        _ = await ask(anyWorker(), from: reaper) { await $0.discardArchives(deletable) }
    }
}

extension SimulatedStore {
    /// Those that are due and were not asked about lately.
    fileprivate func claim(_ isDue: (SimulatedStore, SandboxID, Lease) -> Bool) -> [SandboxID] {
        sandboxes.filter { sandbox in
            guard let row = rows[sandbox], !row.lease.isTerminated, row.reapAfter < simulator.date,
                isDue(self, sandbox, row.lease)
            else { return false }
            pushBack(sandbox, seconds: 15)
            return true
        }
    }
}
