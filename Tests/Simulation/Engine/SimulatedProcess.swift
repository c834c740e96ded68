/// One process of the simulated fleet: it can be killed and frozen.
///
/// What it has sent is under way for good; what comes for it waits while it is frozen.
// Sendable: read and written only by the thread that steps the simulation.
final class SimulatedProcess: @unchecked Sendable {
    let name: String
    var isDead = false
    /// The end of the last time that it was frozen.
    var frozenUntil: Int64 = 0
    /// Ends it; nil for those that nothing lies in wait for.
    var kill: (@Sendable () -> Void)?

    init(_ name: String, in simulator: Simulator) {
        self.name = name
        simulator.processes.append(self)
    }
}
