import Model
import ProviderKit

/// The labels of a sprite tell the epoch of the last owner that has begun with it.
extension SpritesAccount {
    /// The sprite as it is right before an owner changes it.
    ///
    /// - Throws: `conflict` when a later owner has begun.
    func find(_ name: SpriteName, _ envelope: Envelope, epoch: UInt64) async throws(DriverError) -> Sprite {
        let sprite = try await find(name, envelope)
        try Self.refuse(epoch, behind: sprite)
        return sprite
    }

    /// Writes down that an owner begins, before it does anything else: whoever had the sprite before then finds that.
    ///
    /// - Returns: Whether it was not written there already.
    /// - Throws: `conflict` when a later one has begun.
    @discardableResult
    func claim(
        _ sprite: Sprite,
        _ envelope: Envelope,
        _ name: SpriteName,
        for owner: SpriteLabels
    ) async throws(DriverError) -> Bool {
        try Self.refuse(owner.epoch, behind: sprite)
        let labels = sprite.labels ?? []
        let known = SpriteLabels(labels)
        guard known?.epoch != owner.epoch else { return false }
        let next = SpriteLabels(sandbox: known?.sandbox ?? owner.sandbox, epoch: owner.epoch)
        try await api.setLabels(next.replacing(in: labels), of: name, envelope)
        return true
    }

    /// Looks once more, now that the daemon refuses whoever was before: one of those may have written over it meanwhile.
    func confirmClaim(
        of box: any Box,
        _ name: SpriteName,
        for owner: SpriteLabels
    ) async throws(DriverError) -> any Box {
        try await box.confirmed { () throws(DriverError) in
            let sprite = try await find(name, box.envelope)
            try await claim(sprite, box.envelope, name, for: owner)
        }
    }

    private static func refuse(_ epoch: UInt64, behind sprite: Sprite) throws(DriverError) {
        guard let labels = sprite.labels.flatMap(SpriteLabels.init), labels.epoch > epoch else { return }
        throw DriverError(.conflict, "A later owner has begun with the sprite.")
    }
}
