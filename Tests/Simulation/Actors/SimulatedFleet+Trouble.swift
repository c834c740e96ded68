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
        let worker = anyWorker()
        switch simulator.random.below(11) {
        case 0..<4: kill(worker)
        case 4..<8:
            let length = simulator.random.below(simulator.random.chance(0.5) ? 6000 : 45_000)
            worker.process.frozenUntil = simulator.now + Int64(length)
            simulator.note("chaos", "\(worker.name) frozen for \(length) ms")
        case 8:
            let length = simulator.random.below(18_000)
            store.pausedUntil = simulator.now + Int64(length)
            if simulator.random.chance(0.3) { locksFreeUntil = store.pausedUntil + 300 }
            simulator.note("chaos", "database paused for \(length) ms")
        case 9:
            let length = simulator.random.below(5000)
            busDownUntil = simulator.now + Int64(length)
            simulator.note("chaos", "broker down for \(length) ms")
        default:
            guard plan.damagesArchives, let archive = store.archives.last(where: { $0.state == .current }) else { return }
            provider.damage(archive.id)
            oracle.damaged(archive)
        }
    }

    /// From here on only time passes.
    func calm() {
        simulator.isFaulty = false
        store.pausedUntil = 0
        busDownUntil = 0
        for worker in workers { worker.process.frozenUntil = 0 }
        simulator.note("chaos", "is over")
    }
}
