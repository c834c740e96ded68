/// One thing that a reaper looks after, in passes.
///
/// A pass does a bounded amount and says how much, so that it is followed at once by another while there is more to do.
package protocol Duty: Sendable {
    /// Names the duty in metrics and logs.
    var name: String { get }
    /// How long to wait after a pass that found little.
    var interval: Duration { get }
    /// The most that one pass does.
    var batch: Int { get }

    /// Throws when the pass as a whole cannot be done, as without a database.
    func pass() async throws -> DutyPass
}
