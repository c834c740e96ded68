import DriverTesting
import Model
import ProviderKit

@testable import SpritesDriver

/// Leaves sprites alone: for tests of what happens around them.
struct NoEntrance: SpriteEntrance {
    func enter(_ entry: SpriteEntry, _ api: SpritesAPI) async throws(DriverError) -> any Box {
        ClosedBox(envelope: entry.envelope)
    }

    func halt(_ name: SpriteName, _ api: SpritesAPI) async throws(DriverError) {}
}
