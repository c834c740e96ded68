/// The states of the ownership of one sandbox.
///
/// The table's CHECK constraints know the same words.
package enum LeaseState: String, Sendable, CaseIterable, Codable {
    /// Nobody owns it and it has no running box.
    case cold
    /// An owner is bringing a box up.
    case warming
    /// An owner serves it.
    case warm
    /// The owner is persisting and stopping the box; whoever acquires then finishes the stop.
    case draining
    /// Deleted for good.
    case terminated

    /// Whether a move is one that the lease knows.
    package func mayBecome(_ next: LeaseState) -> Bool {
        switch (self, next) {
        case (.cold, .warming), (.cold, .terminated),
            (.warming, .warming), (.warming, .warm), (.warming, .cold), (.warming, .terminated),
            (.warm, .warming), (.warm, .draining), (.warm, .cold), (.warm, .terminated),
            (.draining, .warming), (.draining, .draining), (.draining, .cold), (.draining, .terminated):
            true
        default:
            false
        }
    }
}
