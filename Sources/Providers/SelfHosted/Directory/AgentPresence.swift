/// Whether a user's machine is there.
///
/// There is no word for gone: nobody but its user can say that.
package enum AgentPresence: Sendable, Hashable {
    case online
    /// Silent for less than its window: calls wait.
    case reconnecting
    case offline
}
