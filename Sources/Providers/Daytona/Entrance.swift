import Model
import ProviderKit

/// A box that runs and is to be used.
struct DaytonaEntry: Sendable {
    var sandbox: DaytonaSandbox
    var envelope: Envelope
    /// The fleet's sandbox, whose the box is.
    var owner: SandboxID
    var epoch: UInt64
    /// The sandbox's environment; secret, never logged.
    var environment: [String: String]
    /// It was just made: nothing of ours is in it, and nobody else has been there.
    var isNew: Bool
}

/// What is done inside of boxes.
protocol DaytonaEntrance: Sendable {
    func enter(_ entry: DaytonaEntry, _ api: DaytonaAPI) async throws(DriverError) -> any Box
}
