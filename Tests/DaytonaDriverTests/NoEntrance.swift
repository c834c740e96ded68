import DriverTesting
import Model
import ProviderKit

@testable import DaytonaDriver

/// Leaves boxes alone: for tests of what happens around them.
struct NoEntrance: DaytonaEntrance {
    func enter(_ entry: DaytonaEntry, _ api: DaytonaAPI) async throws(DriverError) -> any Box {
        ClosedBox(envelope: entry.envelope)
    }
}
