import Model

/// What goes wrong: processes, database, broker, archives.
extension SimulatedFleet {
    func trouble() {
        simulator.after(plan.pause / 2 + simulator.random.below(plan.pause)) { [self] in
            guard simulator.isFaulty else { return }
            strike()
            trouble()
        }
    }

    private func strike() {
        if plan.flavour == .selfHosted, simulator.random.chance(0.4) { return provider.disturbMachine() }
        let worker = anyWorker()
        switch simulator.random.below(12) {
        case 0..<4: kill(worker)
        case 4..<8:
            let length = simulator.random.below(simulator.random.chance(0.5) ? 6000 : 45_000)
            worker.process.frozenUntil = simulator.now + Int64(length)
            simulator.note("chaos", "\(worker.name) frozen for \(length) ms")
        case 8:
            let length = simulator.random.below(18_000)
            store.pausedUntil = simulator.now + Int64(length)
            if simulator.random.chance(0.3), !workers.contains(where: { $0.cutOffUntil > simulator.now }) {
                locksFreeUntil = store.pausedUntil + 300
            }
            simulator.note("chaos", "database paused for \(length) ms")
        case 9:
            let length = simulator.random.below(5000)
            busDownUntil = simulator.now + Int64(length)
            simulator.note("chaos", "broker down for \(length) ms")
        case 10: mislead(worker)
        default:
            guard plan.damagesArchives, let archive = store.archives.last(where: { $0.state == .current }) else { return }
            provider.damage(archive.id)
            oracle.damaged(archive)
        }
    }

    /// Its heartbeat is late, and one of the two witnesses is wrong: it lives (rule 3).
    ///
    /// Not both: a cut cable makes both wrong, but only after the heartbeat is over.
    private func mislead(_ worker: SimulatedWorker) {
        let now = simulator.now
        worker.heartbeatsHeldUntil = now + 3000 + Int64(simulator.random.below(9000))
        let end = worker.heartbeatsHeldUntil + Int64(simulator.random.below(4000))
        if simulator.random.chance(0.5) {
            guard max(locksFreeUntil, worker.lockFreeUntil) <= now else { return }
            worker.cutOffUntil = end
        } else if !worker.isSilent {
            worker.lockFreeUntil = end
        }
        simulator.note("chaos", "\(worker.name) is heard of late until \(end)")
    }

    /// From here on only time passes.
    func calm() {
        simulator.isFaulty = false
        store.pausedUntil = 0
        busDownUntil = 0
        provider.connectMachines()
        for worker in workers {
            worker.process.frozenUntil = 0
            worker.cutOffUntil = 0
            worker.heartbeatsHeldUntil = 0
        }
        simulator.note("chaos", "is over")
    }
}
