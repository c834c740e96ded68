/// Why there is a box, or none any more, as its events say.
///
/// What a drain, a stop or a deletion does to a box has the reason of those.
package enum BoxReason: String, Sendable, CaseIterable {
    /// The sandbox's first.
    case created
    /// It begins with what was saved: a checkpoint, a fork, or the snapshot of a drain.
    case restored
    /// The one before is gone, and nothing was saved of it.
    case replaced
    /// It was stopped, and is used again.
    case resumed
    /// Another owner has lost or given up the lease; the box ran on.
    case takenOver = "taken_over"
    /// It makes way for a restore.
    case restore
    /// The provider says that it does not exist any more.
    case gone
    /// It did not come up, or could not be filled.
    case failedStart = "failed_start"
    /// Its owner lost the lease before it was served.
    case leaseLost = "lease_lost"
    /// The call that should have made it was not answered, and has made nothing.
    case notMade = "not_made"
}
