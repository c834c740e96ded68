import Fleet

/// Whether every box and every process that ended was meant to.
struct Ends: Sendable {
    let lives: [BoxLife]
    let ledgers: [String: SandboxLedger]
    let faults: FaultLog

    /// Boxes and processes that ended without a reason.
    func falseKills() -> [Violation] {
        lives.compactMap(unexplained)
            + ledgers.values.flatMap { ledger in
                ledger.losses.compactMap { unexplained($0, of: ledger) }
            }
    }

    private func unexplained(_ life: BoxLife) -> Violation? {
        guard let ended = life.ended else { return nil }
        if faults.killed(box: life.box, in: (ended.lowerBound - 1)...(ended.upperBound + 1)) { return nil }
        guard let ledger = ledgers[life.sandbox] else {
            return Violation(.falseKill, life.sandbox, "a box of a sandbox that nobody knows ended at \(ended.upperBound.fixed(2)) s")
        }
        // What ends it was asked for while it lived; what was asked of an earlier life must not reach this one.
        let wasAsked = ledger.endings.contains {
            $0.began <= ended.upperBound && ($0.ended ?? .infinity) >= life.began.lowerBound
        }
        // An idle one is put to sleep; a command that ran then would tell of it.
        if wasAsked || ledger.idles { return nil }
        return Violation(
            .falseKill,
            life.sandbox,
            "box \(life.box) (pid \(life.process.pid)) ended between \(ended.lowerBound.fixed(2)) and \(ended.upperBound.fixed(2)) s"
        )
    }

    private func unexplained(_ loss: SandboxLedger.Loss, of ledger: SandboxLedger) -> Violation? {
        let time = (loss.time.lowerBound - 1)...(loss.time.upperBound + 1)
        let wasAsked = ledger.endings.contains { $0.began <= time.upperBound && ($0.ended ?? .infinity) >= time.lowerBound }
        let boxEnded = lives.contains { $0.sandbox == ledger.id && ($0.ended?.overlaps(time) ?? false) }
        let wasPut = loss.reason.contains("sandbox_paused")
        if wasAsked || (boxEnded && !wasPut) { return nil }
        // What nobody saw run may never have been started: the worker died between its row and its start.
        if !loss.hasRun, !wasPut, faults.disturbed(time.lowerBound, time.upperBound) { return nil }
        return Violation(
            .falseKill,
            ledger.id,
            "\(loss.what) is \(loss.reason) between \(time.lowerBound.fixed(2)) and \(time.upperBound.fixed(2)) s"
        )
    }
}
