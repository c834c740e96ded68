import CurlTransport
import Logging
package import Model
package import ProviderHTTP
package import ProviderKit

/// Boxes at Daytona.
package final class DaytonaDriver: AccountsDriver {
    package static let name = "daytona"

    package let descriptor: Descriptor
    package let accounts: Accounts<DaytonaAccount>
    let fleet: FleetID
    private let isEphemeral: Bool
    private let entrance: any DaytonaEntrance

    /// - Throws: What is missing in the fleet's credentials, or wrong with them.
    static func start(
        _ credentials: CredentialSource,
        _ boxes: DaytonaBoxSettings,
        fleet: FleetID,
        entrance: any DaytonaEntrance,
        transport: HTTPTransport,
        policy: RetryPolicy = RetryPolicy(),
        logger: Logger
    ) async throws -> DaytonaDriver {
        let accounts = try await Accounts(of: name, DaytonaSettings.variables, in: credentials, logger: logger) {
            found in
            try await DaytonaAccount.meet(
                found,
                boxes,
                in: credentials,
                transport: transport,
                policy: policy,
                logger: logger
            )
        }
        return DaytonaDriver(accounts, fleet: fleet, entrance: entrance)
    }

    private init(_ accounts: Accounts<DaytonaAccount>, fleet: FleetID, entrance: any DaytonaEntrance) {
        let settings = accounts.fleets.settings
        self.accounts = accounts
        self.fleet = fleet
        self.entrance = entrance
        isEphemeral = settings.boxes.isEphemeral
        descriptor = .daytona(settings.boxes, target: settings.target)
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        let account = try await accounts.account(of: creation.workspace)
        try creation.requireAccount(account.binding)
        let name = BoxName(fleet: fleet, creation.tag.box)
        let envelope = account.binding.envelope(provider: Self.name, box: creation.tag.box.rawValue)
        var (made, isNew) = try await make(name, creation, envelope, account)
        do throws(DriverError) {
            try account.checkOrganization(of: made)
            if let tag = made.labels.flatMap(TagLabels.tag), tag.sandbox != creation.tag.sandbox {
                throw DriverError(.conflict, "The box \(name) belongs to another sandbox.")
            }
            let isNews = try await account.claim(made, envelope, epoch: creation.tag.epoch)
            made = try await account.lifecycle.wake(
                made.id,
                envelope,
                epoch: creation.tag.epoch,
                seen: isNews ? nil : made
            )
            let box = try await entrance.enter(
                DaytonaEntry(
                    sandbox: made,
                    envelope: envelope,
                    owner: creation.tag.sandbox,
                    epoch: creation.tag.epoch,
                    environment: creation.environment,
                    isNew: isNew
                ),
                account.api
            )
            return isNews ? try await account.confirmClaim(of: box, made.id, epoch: creation.tag.epoch) : box
        } catch {
            throw error.withBoxMade
        }
    }

    /// Makes a box, or finds the one that an earlier try has made; and whether it was made now.
    private func make(
        _ name: BoxName,
        _ creation: BoxCreation,
        _ envelope: Envelope,
        _ account: DaytonaAccount
    ) async throws(DriverError) -> (DaytonaSandbox, isNew: Bool) {
        let boxes = try account.settings.boxes.with(creation.spec.params)
        let source = try await source(of: creation, account)
        let mounts = try await DaytonaVolumes(api: account.api).mounts(boxes.mounts)
        var settings = account.settings
        settings.boxes = boxes
        let request = try settings.creation(name, creation, from: source, mounts)
        do {
            return (try await account.api.create(request), true)
        } catch {
            switch error.kind {
            // What is there already is a conflict; and what was not answered may be there.
            case .conflict, .timeout, .transient: break
            default: throw error
            }
            do throws(DriverError) {
                return (try await account.api.get(name.description, of: envelope), false)
            } catch _ {
                // Nobody knows more than before.
                throw error
            }
        }
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let (name, account) = try await identify(resumption.envelope)
        let found = try await account.find(name, resumption.envelope)
        let isNews = try await account.claim(found, resumption.envelope, epoch: resumption.epoch)
        let sandbox = try await account.lifecycle.wake(
            found.id,
            resumption.envelope,
            epoch: resumption.epoch,
            seen: isNews ? nil : found
        )
        let box = try await entrance.enter(
            DaytonaEntry(
                sandbox: sandbox,
                envelope: resumption.envelope,
                owner: resumption.sandbox,
                epoch: resumption.epoch,
                environment: resumption.environment,
                isNew: false
            ),
            account.api
        )
        return isNews ? try await account.confirmClaim(of: box, found.id, epoch: resumption.epoch) : box
    }

    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let (name, account) = try await identify(envelope)
        let sandbox = try await account.find(name, envelope)
        try await account.lifecycle.stop(sandbox.id, envelope, epoch: epoch, isEphemeral: isEphemeral)
    }

    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let (name, account) = try await identify(envelope)
        do {
            let sandbox = try await account.find(name, envelope)
            try await account.lifecycle.delete(sandbox.id, envelope, epoch: epoch)
        } catch {
            guard error.kind == .gone else { throw error }
        }
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        try await accounts.gather("boxes") { [fleet] account throws(DriverError) in
            try await account.api.list(labels: [TagLabels.fleet: fleet.rawValue])
                .map { sandbox in
                    BoxListing(
                        externalID: BoxName(sandbox.name)?.id.rawValue ?? sandbox.id,
                        tag: sandbox.labels.flatMap(TagLabels.tag),
                        isRunning: ![.stopped, .gone].contains(sandbox.observed.meaning),
                        account: account.binding.account
                    )
                }
        }
    }

    package func shutdown() async {}

    /// The name of an envelope's box, and the account that it is of, if this worker has credentials of that.
    func identify(_ envelope: Envelope) async throws(DriverError) -> (BoxName, DaytonaAccount) {
        guard envelope.backendId == Self.name, let box = envelope.boxId.flatMap(BoxID.init) else {
            throw DriverError(.invalid, "The envelope does not name a box at Daytona.")
        }
        let account = try await accounts.account(holding: envelope)
        return (BoxName(fleet: fleet, box), account)
    }
}
