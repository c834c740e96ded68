/// Why an event was refused; the lease is as it was.
package enum LeaseRefusal: Error, Sendable, Hashable {
    /// The sandbox is deleted.
    case terminated
    /// The taker's own heartbeat is not valid: it may not take anything.
    case notLive
    /// The box is on another host.
    case elsewhere(placement: String)
    /// Somebody has it who is not proven dead.
    case owned(by: WorkerID, epoch: UInt64)
    /// The epoch is not this lease's any more: another has taken over.
    case lost
    /// It is not in a state in which this can happen.
    case wrongState(LeaseState)
}
