extension Lease {
    /// The box answers: the sandbox is served.
    package mutating func becomeWarm(
        epoch: UInt64,
        envelope: Envelope,
        account: String,
        placement: String?
    ) throws(LeaseRefusal) {
        try requireEpoch(epoch)
        try require([.warming])
        // A box that is being stopped is never adopted (rule 11).
        guard drainingBox == nil else { throw .wrongState(.draining) }
        state = .warm
        status = .active
        source = nil
        self.envelope = envelope
        self.account = account
        self.placement = placement
    }

    /// It never came to be, for a reason that repeating will not cure.
    package mutating func failCreation(epoch: UInt64) throws(LeaseRefusal) {
        try requireEpoch(epoch)
        try require([.warming])
        guard status == .creating else { throw .wrongState(state) }
        state = .cold
        owner = nil
        status = .error
    }

    /// What its user wants of it, written before anything is done.
    ///
    /// A delete is final: nothing overwrites it.
    package mutating func intend(_ intent: Intent) throws(LeaseRefusal) {
        guard !isTerminated else { throw .terminated }
        if self.intent != .delete { self.intent = intent }
    }
}
