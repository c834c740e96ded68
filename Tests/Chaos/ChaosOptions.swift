/// What a run of chaos is told.
package struct ChaosOptions: Sendable {
    /// How long the load lasts and faults are injected.
    package var seconds: Double
    /// Decides which faults come when, and what the clients do.
    package var seed: UInt64
    /// How many clients work at once.
    package var clients = 6
    /// How many faults are injected in 10 s, on average.
    package var faultsPerTenSeconds = 3.0
    /// How long anything may take to come right once the faults are over: a limit, not a wait.
    package var patience: Duration = .seconds(240)
    /// The folder of the executables; nil for the one that the running program lies in.
    package var executables: String?
    /// Told of every fault as it comes.
    package var progress: @Sendable (String) -> Void = { _ in }

    package init(seconds: Double, seed: UInt64) {
        self.seconds = seconds
        self.seed = seed
    }
}
