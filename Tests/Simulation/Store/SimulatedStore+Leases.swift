import FoundationEssentials
import Model

extension SimulatedStore {
    func acquire(_ sandbox: SandboxID, for worker: WorkerID, placement: String?, retaking: UInt64?) -> Acquisition {
        guard let lease = rows[sandbox]?.lease, var taker = workers[worker] else { return .notFound }
        if mutation == .judgesWithoutSteadiness { taker.steadySince = .distantPast }
        let rival = lease.owner.flatMap { workers[$0] }
        var refusal: LeaseRefusal?
        let isTaken = move(sandbox, "acquired by \(worker.short)") { lease in
            do throws(LeaseRefusal) {
                try lease.acquire(
                    for: worker,
                    heartbeat: taker,
                    at: placement,
                    rival: rival,
                    retaking: retaking,
                    now: simulator.date
                )
            } catch {
                refusal = error
                throw error
            }
        }
        if isTaken, let rival = lease.owner, rival != worker { judged(worker, rival) }
        if isTaken, let record = record(sandbox) {
            pushBack(sandbox, seconds: 30)
            return .acquired(
                LeasedSandbox(
                    record: record,
                    environment: [:],
                    boxes: openBoxes(of: sandbox),
                    archives: record.persistent || record.source != nil ? usableArchives(of: sandbox) : []
                )
            )
        }
        switch refusal {
        case .elsewhere(let placement): return .elsewhere(placement: placement)
        case .owned(let owner, let epoch): return .owned(by: owner, epoch: epoch)
        case .terminated: return .notFound
        default: return .notLive
        }
    }

    func holds(_ sandbox: SandboxID, epoch: UInt64) -> Bool {
        if mutation == .actsWithoutLooking { return true }
        return rows[sandbox]?.lease.holds(epoch: epoch) ?? false
    }

    func leased(_ sandbox: SandboxID, epoch: UInt64) -> SandboxRecord? {
        rows[sandbox]?.lease.holds(epoch: epoch) == true ? record(sandbox) : nil
    }

    func becomeWarm(
        _ sandbox: SandboxID,
        epoch: UInt64,
        _ box: BoxID,
        _ envelope: Envelope,
        _ binding: (String, String?)
    ) -> Bool {
        let fenced = self.epoch(epoch, of: sandbox, unless: .becomesWarmUnfenced)
        return move(sandbox, "warm by epoch \(epoch)") {
            try $0.becomeWarm(epoch: fenced, envelope: envelope, account: binding.0, placement: binding.1)
            recordBox(box, epoch: epoch, externalID: envelope.boxId, state: .live)
        }
    }

    func beginDraining(_ sandbox: SandboxID, epoch: UInt64, intent: Intent) -> SandboxRecord? {
        move(sandbox, "draining by epoch \(epoch)") {
            try $0.beginDraining(epoch: epoch, intent: intent)
            if mutation == .adoptsDrainingBox { $0.drainingBox = nil }
        }
            ? record(sandbox) : nil
    }

    func settle(_ sandbox: SandboxID, epoch: UInt64, as done: Intent, keepsBox: Bool) -> Bool {
        let fenced = self.epoch(epoch, of: sandbox, unless: .settlesUnfenced)
        let isSettled = move(sandbox, "settled as \(done) by epoch \(epoch)") {
            try $0.settle(epoch: fenced, as: done, keepsBox: keepsBox)
        }
        if isSettled, done == .delete { forgetArchives(of: sandbox) }
        return isSettled
    }

    func release(_ sandbox: SandboxID, epoch: UInt64) -> Bool {
        let isReleased = move(sandbox, "released by epoch \(epoch)") { try $0.release(epoch: epoch) }
        if isReleased { pushBack(sandbox, seconds: 5) }
        return isReleased
    }

    func failCreation(_ sandbox: SandboxID, epoch: UInt64) -> Bool {
        let hasFailed = move(sandbox, "failed by epoch \(epoch)") { try $0.failCreation(epoch: epoch) }
        guard hasFailed else { return false }
        for box in openBoxes(of: sandbox) { recordBox(box.id, epoch: epoch, externalID: nil, state: .superseded) }
        return true
    }

    func intend(_ intent: Intent, for sandbox: SandboxID) -> Bool {
        pushBack(sandbox, seconds: 5)
        return move(sandbox, "asked to \(intent)") { try $0.intend(intent) }
    }

    func settleWithoutBox(_ sandbox: SandboxID) -> Bool {
        let states = boxes.filter { $0.sandbox == sandbox }.map(\.record.state)
        let isSettled = move(sandbox, "settled without a box") { try $0.settleWithoutBox(states) }
        if isSettled, lease(sandbox)?.isTerminated ?? false { forgetArchives(of: sandbox) }
        return isSettled
    }

    func heartbeat(_ worker: WorkerID) -> Bool { workers[worker]?.renew(at: simulator.date) ?? false }
}
