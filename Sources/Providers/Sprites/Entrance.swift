import Model
import ProviderKit

/// A sprite that is to be used.
struct SpriteEntry: Sendable {
    var name: SpriteName
    var envelope: Envelope
    var sandbox: SandboxID
    var epoch: UInt64
    /// The sandbox's environment; secret, never logged.
    var environment: [String: String]
    /// Where its one port is reached; nil where nobody is let in.
    var url: String?
    /// It was just made: nothing of ours is in it, and nobody else has been there.
    var isNew: Bool
}

/// What is done inside of sprites.
protocol SpriteEntrance: Sendable {
    func enter(_ entry: SpriteEntry, _ api: SpritesAPI) async throws(DriverError) -> any Box

    /// Ends everything of ours that runs in it.
    func halt(_ name: SpriteName, _ api: SpritesAPI) async throws(DriverError)
}
