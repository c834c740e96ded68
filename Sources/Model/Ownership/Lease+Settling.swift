extension Lease {
    /// From here the box is being stopped: whoever acquires finishes that and never adopts it (rule 11).
    package mutating func beginDraining(epoch: UInt64, intent: Intent) throws(LeaseRefusal) {
        try requireEpoch(epoch)
        try require([.warm])
        state = .draining
        drainingBox = envelope?.boxId
        if self.intent == .run { self.intent = intent }
    }

    /// The next box begins with this archive.
    package mutating func intendRestore(_ archive: ArchiveID, epoch: UInt64) throws(LeaseRefusal) {
        try requireEpoch(epoch)
        try require([.warm])
        source = archive
    }

    /// The box is stopped or deleted as the intent asked; the lease ends here.
    ///
    /// - Parameter keepsBox: The stopped box can be resumed by its envelope.
    package mutating func settle(epoch: UInt64, as done: Intent, keepsBox: Bool) throws(LeaseRefusal) {
        try requireEpoch(epoch)
        try require([.warming, .warm, .draining])
        state = done == .delete ? .terminated : .cold
        owner = nil
        status = done == .pause ? .paused : .shutdown
        // What is paused comes back by itself, unless something else was asked meanwhile.
        if done == .pause, intent == .pause { intent = .run }
        if !keepsBox { envelope = nil }
        drainingBox = nil
    }

    /// Carries out a stop or delete where there is neither owner nor box, so that nobody outside need be asked.
    ///
    /// - Parameter boxes: The states of its boxes.
    package mutating func settleWithoutBox(_ boxes: [BoxRecord.State]) throws(LeaseRefusal) {
        guard !isTerminated else { throw .terminated }
        try require([.cold])
        let isFree = boxes.allSatisfy { $0 == .deleted || ($0 == .stopped && intent == .stop) }
        switch intent {
        case .stop where isFree && status != .shutdown && status != .error: break
        case .delete where isFree && envelope == nil: state = .terminated
        default: throw .wrongState(state)
        }
        status = .shutdown
    }
}
