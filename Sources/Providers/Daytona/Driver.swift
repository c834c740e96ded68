import CurlTransport
import Logging
package import Model
import ProviderHTTP
package import ProviderKit

/// Boxes at Daytona.
package final class DaytonaDriver: Driver {
    package static let name = "daytona"

    package let descriptor: Descriptor
    package let binding: Binding
    let api: DaytonaAPI
    let fleet: FleetID
    let settings: DaytonaSettings
    let lifecycle: DaytonaLifecycle
    private let entrance: any DaytonaEntrance
    private let proof: AccountProof

    /// Learns whose boxes the credentials show, where the settings do not say it.
    ///
    /// - Throws: `invalid` when nobody says it: without it no NotFound would prove anything.
    static func start(
        _ settings: DaytonaSettings,
        fleet: FleetID,
        entrance: any DaytonaEntrance,
        transport: HTTPTransport,
        policy: RetryPolicy = RetryPolicy(),
        logger: Logger
    ) async throws(DriverError) -> DaytonaDriver {
        func api(_ organization: String?) -> DaytonaAPI {
            var headers: HTTPTransportHeaders = ["User-Agent": "sandfleet", "X-Daytona-Source": "sandfleet"]
            if settings.isUsers, let organization { headers["X-Daytona-Organization-ID"] = organization }
            let configuration = ProviderClientConfiguration(
                provider: "Daytona",
                baseURL: settings.apiURL,
                binding: Binding(account: organization ?? "", baseURL: settings.apiURL),
                authorization: .bearer(settings.secret),
                headers: headers,
                policy: policy
            )
            let clientAt = { @Sendable (address: String) in
                var configuration = configuration
                configuration.baseURL = address
                return ProviderClient(
                    configuration,
                    transport: transport,
                    mapping: DaytonaErrorMapping(),
                    logger: logger
                )
            }
            return DaytonaAPI(client: clientAt(configuration.baseURL), clientAt: clientAt)
        }
        var organization = settings.organization
        if organization == nil { organization = try await api(nil).organization() }
        guard let organization else {
            throw DriverError(
                .invalid,
                "The organization has no sandboxes that would tell its id: set \(DaytonaSettings.organization.name)."
            )
        }
        return DaytonaDriver(api(organization), settings, fleet: fleet, entrance: entrance)
    }

    private init(_ api: DaytonaAPI, _ settings: DaytonaSettings, fleet: FleetID, entrance: any DaytonaEntrance) {
        self.api = api
        self.settings = settings
        self.fleet = fleet
        self.entrance = entrance
        binding = api.client.configuration.binding
        proof = AccountProof(account: binding.account)
        lifecycle = DaytonaLifecycle(api: api)
        descriptor = .daytona(settings.boxes, target: settings.target)
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        let name = BoxName(fleet: fleet, creation.tag.box)
        let envelope = binding.envelope(provider: Self.name, box: creation.tag.box.rawValue)
        var made = try await make(name, creation, envelope)
        try checkOrganization(of: made)
        if let tag = made.labels.flatMap(TagLabels.tag), tag.sandbox != creation.tag.sandbox {
            throw DriverError(.conflict, "The box \(name) belongs to another sandbox.")
        }
        do {
            made = try await lifecycle.wake(made.id, envelope)
            return try await entrance.enter(
                DaytonaEntry(
                    sandbox: made,
                    envelope: envelope,
                    owner: creation.tag.sandbox,
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

    /// Makes a box, or finds the one that an earlier try has made.
    private func make(
        _ name: BoxName,
        _ creation: BoxCreation,
        _ envelope: Envelope
    ) async throws(DriverError) -> DaytonaSandbox {
        let source = try await source(of: creation)
        let mounts = try await DaytonaVolumes(api: api).mounts(settings.boxes.mounts)
        let request = try settings.creation(name, creation, from: source, mounts)
        do {
            return try await api.create(request)
        } catch {
            switch error.kind {
            // What is there already is a conflict; and what was not answered may be there.
            case .conflict, .timeout, .transient: break
            default: throw error
            }
            do throws(DriverError) {
                return try await api.get(name.description, of: envelope)
            } catch _ {
                // Nobody knows more than before.
                throw error
            }
        }
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let name = try identify(resumption.envelope)
        let found = try await find(name, resumption.envelope)
        let sandbox = try await lifecycle.wake(found.id, resumption.envelope)
        return try await entrance.enter(
            DaytonaEntry(
                sandbox: sandbox,
                envelope: resumption.envelope,
                owner: resumption.sandbox,
                epoch: resumption.epoch,
                environment: resumption.environment,
                isNew: false
            ),
            api
        )
    }

    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let sandbox = try await find(try identify(envelope), envelope)
        try await lifecycle.stop(sandbox.id, envelope, isEphemeral: settings.boxes.isEphemeral)
    }

    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let name = try identify(envelope)
        do {
            let sandbox = try await find(name, envelope)
            try await lifecycle.delete(sandbox.id, envelope)
        } catch {
            guard error.kind == .gone else { throw error }
        }
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        try await api.list(labels: [TagLabels.fleet: fleet.rawValue])
            .map { sandbox in
                BoxListing(
                    externalID: BoxName(sandbox.name)?.id.rawValue ?? sandbox.id,
                    tag: sandbox.labels.flatMap(TagLabels.tag),
                    isRunning: ![.stopped, .gone].contains(sandbox.observed.meaning)
                )
            }
    }

    package func shutdown() async {}

    /// The name of an envelope's box, if this worker's credentials reach it.
    func identify(_ envelope: Envelope) throws(DriverError) -> BoxName {
        guard envelope.backendId == Self.name, let box = envelope.boxId.flatMap(BoxID.init) else {
            throw DriverError(.invalid, "The envelope does not name a box at Daytona.")
        }
        if let obstacle = binding.obstacle(to: envelope) { throw obstacle }
        return BoxName(fleet: fleet, box)
    }

    func find(_ name: BoxName, _ envelope: Envelope) async throws(DriverError) -> DaytonaSandbox {
        do {
            let sandbox = try await api.get(name.description, of: envelope)
            try checkOrganization(of: sandbox)
            return sandbox
        } catch {
            if error.kind == .gone { try await confirmOrganization() }
            throw error
        }
    }

    /// Credentials of another organization find nothing of ours: that something is missing proves nothing then.
    func confirmOrganization() async throws(DriverError) {
        try proof.confirm(try await api.organization())
    }

    private func checkOrganization(of sandbox: DaytonaSandbox) throws(DriverError) {
        try proof.see(sandbox.organizationId)
    }
}
