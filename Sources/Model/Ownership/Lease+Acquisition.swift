package import FoundationEssentials

extension Lease {
    /// Takes the lease when there is no live owner, and adds one to the epoch.
    ///
    /// A worker that has it without knowing of it, because the answer to an earlier acquisition was lost, takes it anew by the
    /// epoch that it was told: so an acquisition that lands late takes nothing from the one that came after it.
    ///
    /// - Parameters:
    ///   - taker: The heartbeat of who takes it.
    ///   - rival: The heartbeat of the present owner; nil when there is none.
    ///   - retaking: The epoch under which the worker has it already.
    package mutating func acquire(
        for worker: WorkerID,
        heartbeat taker: Heartbeat,
        at placement: String?,
        rival: Heartbeat?,
        retaking: UInt64? = nil,
        now: Date
    ) throws(LeaseRefusal) {
        guard !isTerminated else { throw .terminated }
        guard taker.isValid(at: now) else { throw .notLive }
        if let bound = self.placement, bound != placement { throw .elsewhere(placement: bound) }
        if let owner {
            let mayTake = owner == worker ? retaking == epoch : rival?.isDead(to: taker, at: now) ?? true
            guard mayTake else { throw .owned(by: owner, epoch: epoch) }
        }
        owner = worker
        epoch += 1
        state = .warming
        // Who takes it to stop its box never adopts that, whatever is asked meanwhile (rule 11).
        if intent != .run { drainingBox = drainingBox ?? envelope?.boxId }
        self.placement = self.placement ?? placement
    }

    /// Gives the lease back while the box lives on.
    ///
    /// What was asked for meanwhile is still to be done: whoever acquires settles it, though it have no box by name.
    package mutating func release(epoch: UInt64) throws(LeaseRefusal) {
        try requireEpoch(epoch)
        try require([.warming, .warm, .draining])
        if intent != .run { drainingBox = drainingBox ?? envelope?.boxId ?? "" }
        state = .cold
        owner = nil
    }

    func requireEpoch(_ epoch: UInt64) throws(LeaseRefusal) {
        guard !isTerminated else { throw .terminated }
        guard self.epoch == epoch else { throw .lost }
    }

    func require(_ states: [LeaseState]) throws(LeaseRefusal) {
        guard states.contains(state) else { throw .wrongState(state) }
    }
}
