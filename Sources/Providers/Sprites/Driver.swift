import CurlTransport
import Logging
package import Model
package import ProviderHTTP
package import ProviderKit

/// Boxes at sprites.dev: machines with a disk that stays, which sleep while nobody uses them.
package final class SpritesDriver: AccountsDriver {
    package static let name = "sprites"

    package let descriptor: Descriptor
    package let accounts: Accounts<SpritesAccount>
    private let fleet: FleetID
    private let boxes: SpritesBoxSettings
    private let entrance: any SpriteEntrance

    /// - Throws: What is missing in the fleet's credentials, or wrong with them.
    static func start(
        _ credentials: CredentialSource,
        _ boxes: SpritesBoxSettings = SpritesBoxSettings(),
        fleet: FleetID,
        entrance: any SpriteEntrance,
        transport: HTTPTransport,
        policy: RetryPolicy = RetryPolicy(),
        logger: Logger
    ) async throws -> SpritesDriver {
        let accounts = try await Accounts(of: name, SpritesSettings.variables, in: credentials, logger: logger) {
            found in
            try await SpritesAccount.meet(found, in: credentials, transport: transport, policy: policy, logger: logger)
        }
        return SpritesDriver(accounts, boxes, fleet: fleet, entrance: entrance)
    }

    private init(
        _ accounts: Accounts<SpritesAccount>,
        _ boxes: SpritesBoxSettings,
        fleet: FleetID,
        entrance: any SpriteEntrance
    ) {
        self.accounts = accounts
        self.boxes = boxes
        self.fleet = fleet
        descriptor = .sprites(boxes)
        self.entrance = entrance
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        guard creation.source == nil else {
            throw DriverError(.unsupported, "\(Self.name) cannot do that: \(Descriptor.noSnapshots).")
        }
        if boxes.isPublic, let other = creation.spec.ports.first(where: { $0 != SpritesBoxSettings.port }) {
            throw DriverError(
                .unsupported,
                "\(Self.name) cannot do the port \(other): a sprite's URL leads to its port \(SpritesBoxSettings.port)."
            )
        }
        let name = SpriteName(fleet: fleet, box: creation.tag.box)
        let account = try await accounts.account(of: creation.workspace)
        try creation.requireAccount(account.binding)
        let envelope = account.envelope(of: name)
        let owner = SpriteLabels(sandbox: creation.tag.sandbox, epoch: creation.tag.epoch)
        let (sprite, isNew) = try await make(name, owner, envelope, account)
        do throws(DriverError) {
            try account.checkOrganization(of: sprite)
            if let labels = sprite.labels.flatMap(SpriteLabels.init), labels.sandbox != owner.sandbox {
                throw DriverError(.conflict, "The sprite \(name) belongs to another sandbox.")
            }
            let isNews = try await account.claim(sprite, envelope, name, for: owner)
            // Nothing of a user's runs before this call has ended well.
            async let refusal = policy(creation.spec.networkPolicy, of: name, account.api)
            let box = try await entrance.enter(
                SpriteEntry(
                    name: name,
                    envelope: envelope,
                    sandbox: creation.tag.sandbox,
                    epoch: creation.tag.epoch,
                    environment: creation.environment,
                    url: sprite.publicURL,
                    isNew: isNew
                ),
                account.api
            )
            if let refusal = await refusal {
                await box.detach()
                throw refusal
            }
            return isNews ? try await account.confirmClaim(of: box, name, for: owner) : box
        } catch {
            throw error.withBoxMade
        }
    }

    /// Why a sprite did not get its policy; nil when it has it.
    private func policy(_ policy: NetworkPolicy, of name: SpriteName, _ api: SpritesAPI) async -> DriverError? {
        do throws(DriverError) {
            try await api.setNetwork(of: name, policy)
            return nil
        } catch {
            return error
        }
    }

    /// Makes a sprite, or finds the one that an earlier try has made; and whether it was made now.
    private func make(
        _ name: SpriteName,
        _ owner: SpriteLabels,
        _ envelope: Envelope,
        _ account: SpritesAccount
    ) async throws(DriverError) -> (Sprite, isNew: Bool) {
        do {
            return (try await account.api.create(name, owner, isPublic: boxes.isPublic), true)
        } catch {
            switch error.kind {
            // What is there already is refused as invalid; and what was not answered may be there.
            case .invalid, .conflict, .timeout, .transient:
                return (try await made(name, envelope, account, orElse: error), false)
            default: throw error
            }
        }
    }

    private func made(
        _ name: SpriteName,
        _ envelope: Envelope,
        _ account: SpritesAccount,
        orElse failure: DriverError
    ) async throws(DriverError) -> Sprite {
        do {
            return try await account.api.get(name, of: envelope)
        } catch {
            // There is none: the refusal stands. Else it may be there, and the refusal may be of a second one.
            guard error.kind == .gone || failure.kind == .timeout else { throw error }
            throw failure
        }
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let (name, account) = try await identify(resumption.envelope)
        let sprite = try await account.find(name, resumption.envelope)
        if let obstacle = sprite.state.obstacle(of: "the sprite") { throw obstacle }
        let owner = SpriteLabels(sandbox: resumption.sandbox, epoch: resumption.epoch)
        let isNews = try await account.claim(sprite, resumption.envelope, name, for: owner)
        let box = try await entrance.enter(
            SpriteEntry(
                name: name,
                envelope: resumption.envelope,
                sandbox: resumption.sandbox,
                epoch: resumption.epoch,
                environment: resumption.environment,
                url: sprite.publicURL,
                isNew: false
            ),
            account.api
        )
        return isNews ? try await account.confirmClaim(of: box, name, for: owner) : box
    }

    /// Ends what runs; the sprite then sleeps, and costs its disk.
    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let (name, account) = try await identify(envelope)
        let sprite = try await account.find(name, envelope, epoch: epoch)
        // A cold one has no processes; to look would wake it.
        guard sprite.state.word != .cold else { return }
        try await entrance.halt(name, account.api)
    }

    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let (name, account) = try await identify(envelope)
        do {
            _ = try await account.find(name, envelope, epoch: epoch)
        } catch {
            guard error.kind == .gone else { throw error }
            return
        }
        do {
            try await account.api.delete(name, of: envelope)
        } catch {
            guard error.kind == .gone else { throw error }
            try await account.confirmOrganization()
        }
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        try await accounts.gather("boxes") { [self] account throws(DriverError) in try await listings(of: account) }
    }

    private func listings(of account: SpritesAccount) async throws(DriverError) -> [BoxListing] {
        var listings: [BoxListing] = []
        for var sprite in try await account.api.list(prefix: SpriteName.prefix(of: fleet)) {
            guard let name = SpriteName(sprite.name) else {
                listings.append(
                    BoxListing(externalID: sprite.name, tag: nil, isRunning: true, account: account.binding.account)
                )
                continue
            }
            if sprite.labels == nil {
                do {
                    sprite = try await account.api.get(name, of: account.envelope(of: name))
                } catch {
                    // Deleted since the page was made.
                    guard error.kind == .gone else { throw error }
                    continue
                }
            }
            let tag = sprite.labels.flatMap(SpriteLabels.init)
                .map { labels in
                    BoxTag(fleet: name.fleet, sandbox: labels.sandbox, box: name.box, epoch: labels.epoch)
                }
            listings.append(
                BoxListing(
                    externalID: name.box.rawValue,
                    tag: tag,
                    isRunning: sprite.state.meaning != .stopped,
                    account: account.binding.account
                )
            )
        }
        return listings
    }

    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        throw DriverError(.unsupported, "\(Self.name) cannot do that: \(Descriptor.noSnapshots).")
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        throw DriverError(.unsupported, "\(Self.name) cannot do that: \(Descriptor.noSnapshots).")
    }

    package func archives() async throws(DriverError) -> [ArchiveID] { [] }

    package func shutdown() async {}

    /// The name of an envelope's sprite, and the account that it is of, if this worker has credentials of that.
    private func identify(_ envelope: Envelope) async throws(DriverError) -> (SpriteName, SpritesAccount) {
        guard envelope.backendId == Self.name, let box = envelope.boxId.flatMap(BoxID.init) else {
            throw DriverError(.invalid, "The envelope does not name a sprite.")
        }
        let account = try await accounts.account(holding: envelope)
        return (SpriteName(fleet: fleet, box: box), account)
    }
}
