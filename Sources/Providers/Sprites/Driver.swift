import CurlTransport
import Logging
package import Model
import ProviderHTTP
package import ProviderKit

/// Boxes at sprites.dev: machines with a disk that stays, which sleep while nobody uses them.
package final class SpritesDriver: Driver {
    package static let name = "sprites"

    package let descriptor = Descriptor.sprites
    package let binding: Binding
    let api: SpritesAPI
    private let fleet: FleetID
    private let entrance: any SpriteEntrance
    private let proof: AccountProof

    /// Learns whose sprites the token shows, where the settings do not say it.
    ///
    /// - Throws: `invalid` when nobody says it: without it no NotFound would prove anything.
    static func start(
        _ settings: SpritesSettings,
        fleet: FleetID,
        entrance: any SpriteEntrance,
        transport: HTTPTransport,
        policy: RetryPolicy = RetryPolicy(),
        logger: Logger
    ) async throws(DriverError) -> SpritesDriver {
        func api(_ organization: String) -> SpritesAPI {
            SpritesAPI(
                client: ProviderClient(
                    ProviderClientConfiguration(
                        provider: "Sprites",
                        baseURL: settings.baseURL,
                        binding: Binding(account: organization, baseURL: settings.baseURL),
                        authorization: .bearer(settings.token),
                        headers: ["User-Agent": "sandfleet"],
                        policy: policy
                    ),
                    transport: transport,
                    mapping: SpritesErrorMapping(),
                    logger: logger
                )
            )
        }
        var organization = settings.organization
        if organization == nil { organization = try await api("").organization() }
        guard let organization else {
            throw DriverError(
                .invalid,
                "The organization has no sprites that would tell its name: set \(SpritesSettings.organization.name)."
            )
        }
        return SpritesDriver(api(organization), fleet: fleet, entrance: entrance)
    }

    private init(_ api: SpritesAPI, fleet: FleetID, entrance: any SpriteEntrance) {
        self.api = api
        self.fleet = fleet
        self.entrance = entrance
        binding = api.client.configuration.binding
        proof = AccountProof(account: binding.account)
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        guard creation.source == nil else {
            throw DriverError(.unsupported, "\(Self.name) cannot do that: \(Descriptor.noSnapshots).")
        }
        let name = SpriteName(fleet: fleet, box: creation.tag.box)
        let envelope = envelope(of: name)
        try await make(name, creation.tag, envelope)
        do {
            try await api.setNetwork(of: name, creation.spec.networkPolicy)
            return try await entrance.enter(
                SpriteEntry(
                    name: name,
                    envelope: envelope,
                    sandbox: creation.tag.sandbox,
                    epoch: creation.tag.epoch,
                    environment: creation.environment,
                    isNew: true
                ),
                api
            )
        } catch {
            throw error.withBoxMade
        }
    }

    /// Makes a sprite, or finds the one that an earlier try has made.
    private func make(_ name: SpriteName, _ tag: BoxTag, _ envelope: Envelope) async throws(DriverError) {
        let sprite: Sprite
        do {
            sprite = try await api.create(name, SpriteLabels(sandbox: tag.sandbox, epoch: tag.epoch))
        } catch {
            switch error.kind {
            // What is there already is refused as invalid; and what was not answered may be there.
            case .invalid, .conflict, .timeout, .transient: sprite = try await made(name, envelope, orElse: error)
            default: throw error
            }
        }
        try checkOrganization(of: sprite)
        guard let labels = sprite.labels.flatMap(SpriteLabels.init) else { return }
        guard labels.sandbox == tag.sandbox else {
            throw DriverError(.conflict, "The sprite \(name) belongs to another sandbox.")
        }
    }

    private func made(
        _ name: SpriteName,
        _ envelope: Envelope,
        orElse failure: DriverError
    ) async throws(DriverError) -> Sprite {
        do {
            return try await api.get(name, of: envelope)
        } catch {
            // There is none: the refusal stands. Else it may be there, and the refusal may be of a second one.
            guard error.kind == .gone || failure.kind == .timeout else { throw error }
            throw failure
        }
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let name = try identify(resumption.envelope)
        let sprite = try await find(name, resumption.envelope)
        if let obstacle = sprite.state.obstacle(of: "the sprite") { throw obstacle }
        return try await entrance.enter(
            SpriteEntry(
                name: name,
                envelope: resumption.envelope,
                sandbox: resumption.sandbox,
                epoch: resumption.epoch,
                environment: resumption.environment,
                isNew: false
            ),
            api
        )
    }

    /// Ends what runs; the sprite then sleeps, and costs its disk.
    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let name = try identify(envelope)
        let sprite = try await find(name, envelope)
        // A cold one has no processes; to look would wake it.
        guard sprite.state.word != .cold else { return }
        try await entrance.halt(name, api)
    }

    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let name = try identify(envelope)
        do {
            try await api.delete(name, of: envelope)
        } catch {
            guard error.kind == .gone else { throw error }
            try await confirmOrganization()
        }
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        var listings: [BoxListing] = []
        for var sprite in try await api.list(prefix: SpriteName.prefix(of: fleet)) {
            guard let name = SpriteName(sprite.name) else {
                listings.append(BoxListing(externalID: sprite.name, tag: nil, isRunning: true))
                continue
            }
            if sprite.labels == nil {
                do {
                    sprite = try await api.get(name, of: envelope(of: name))
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
                BoxListing(externalID: name.box.rawValue, tag: tag, isRunning: sprite.state.meaning != .stopped)
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

    private func envelope(of name: SpriteName) -> Envelope {
        binding.envelope(provider: Self.name, box: name.box.rawValue)
    }

    /// The name of an envelope's sprite, if this worker's credentials reach it.
    private func identify(_ envelope: Envelope) throws(DriverError) -> SpriteName {
        guard envelope.backendId == Self.name, let box = envelope.boxId.flatMap(BoxID.init) else {
            throw DriverError(.invalid, "The envelope does not name a sprite.")
        }
        if let obstacle = binding.obstacle(to: envelope) { throw obstacle }
        return SpriteName(fleet: fleet, box: box)
    }

    private func find(_ name: SpriteName, _ envelope: Envelope) async throws(DriverError) -> Sprite {
        do {
            let sprite = try await api.get(name, of: envelope)
            try checkOrganization(of: sprite)
            return sprite
        } catch {
            if error.kind == .gone { try await confirmOrganization() }
            throw error
        }
    }

    private func checkOrganization(of sprite: Sprite) throws(DriverError) {
        if let organization = sprite.organization { try proof.see(organization) }
    }

    /// A token for another organization finds none of our sprites: that one is missing proves nothing then.
    private func confirmOrganization() async throws(DriverError) {
        try proof.confirm(try await api.organization())
    }
}
