import CurlTransport
import Logging
import Model
import ProviderHTTP
package import ProviderKit

/// One organization at Daytona, and what its credentials have shown so far.
package struct DaytonaAccount: ProviderAccount {
    let api: DaytonaAPI
    let settings: DaytonaSettings
    package let binding: Binding
    package var isRefused: Bool { api.client.isRefused }
    private let proof: AccountProof

    var lifecycle: DaytonaLifecycle { DaytonaLifecycle(api: api) }

    private init(_ api: DaytonaAPI, _ settings: DaytonaSettings, _ proof: AccountProof) {
        self.api = api
        self.settings = settings
        self.proof = proof
        binding = api.client.configuration.binding
    }

    /// Learns whose boxes the credentials show, where they do not say it.
    ///
    /// - Throws: `invalid` when nobody says it: without it no NotFound would prove anything.
    static func meet(
        _ credentials: ProviderCredentials,
        _ boxes: DaytonaBoxSettings,
        in source: CredentialSource,
        transport: HTTPTransport,
        policy: RetryPolicy,
        logger: Logger
    ) async throws -> DaytonaAccount {
        let settings = try DaytonaSettings(credentials, boxes: boxes)
        func api(_ organization: String?, _ authorization: AuthorizationSource) -> DaytonaAPI {
            var headers: HTTPTransportHeaders = ["User-Agent": "sandfleet", "X-Daytona-Source": "sandfleet"]
            if settings.isUsers, let organization { headers["X-Daytona-Organization-ID"] = organization }
            let configuration = ProviderClientConfiguration(
                provider: "Daytona",
                baseURL: settings.apiURL,
                binding: Binding(account: organization ?? "", baseURL: settings.apiURL),
                authorization: authorization.current,
                headers: headers,
                policy: policy
            )
            let clientAt = { @Sendable (address: String) in
                var configuration = configuration
                configuration.baseURL = address
                return ProviderClient(
                    configuration,
                    authorization: authorization,
                    transport: transport,
                    mapping: DaytonaErrorMapping(),
                    logger: logger
                )
            }
            return DaytonaAPI(client: clientAt(configuration.baseURL), clientAt: clientAt)
        }
        var organization = settings.organization
        if organization == nil {
            organization = try await api(nil, AuthorizationSource(.bearer(settings.secret))).organization()
        }
        guard let organization else {
            throw DriverError(
                .invalid,
                "The organization has no sandboxes that would tell its id: set \(DaytonaSettings.organization.name)."
            )
        }
        let proof = AccountProof(account: organization)
        let renewed = AuthorizationSource(
            settings.secret,
            of: credentials,
            DaytonaSettings.variables,
            in: source,
            proof: proof,
            logger: logger
        ) { found throws(CredentialError) in
            let again = try DaytonaSettings(found, boxes: boxes)
            // Another organization or address would be another account; a user's token goes with another header.
            let isSame = (again.organization, again.apiURL) == (settings.organization, settings.apiURL)
            return isSame && again.isUsers == settings.isUsers ? again.secret : nil
        }
        return DaytonaAccount(api(organization, renewed), settings, proof)
    }

    /// The box as it is.
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

    /// Writes down that an owner begins, before it does anything else: whoever had the box before then finds that.
    ///
    /// - Returns: Whether it was not written there already.
    /// - Throws: `conflict` when a later one has begun.
    @discardableResult
    func claim(_ sandbox: DaytonaSandbox, _ envelope: Envelope, epoch: UInt64) async throws(DriverError) -> Bool {
        guard let labels = try TagLabels.claimed(sandbox.labels ?? [:], by: epoch) else { return false }
        try await api.setLabels(labels, of: sandbox.id, envelope)
        return true
    }

    /// Looks once more, now that the daemon refuses whoever was before: one of those may have written over it meanwhile.
    func confirmClaim(of box: any Box, _ id: String, epoch: UInt64) async throws(DriverError) -> any Box {
        try await box.confirmed { () throws(DriverError) in
            try await claim(try await api.get(id, of: box.envelope), box.envelope, epoch: epoch)
        }
    }

    /// Credentials of another organization find nothing of ours: that something is missing proves nothing then.
    func confirmOrganization() async throws(DriverError) {
        try proof.confirm(try await api.organization())
    }

    func checkOrganization(of sandbox: DaytonaSandbox) throws(DriverError) {
        try proof.see(sandbox.organizationId)
    }
}
