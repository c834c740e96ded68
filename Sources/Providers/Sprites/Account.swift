import CurlTransport
import Logging
import Model
import ProviderHTTP
package import ProviderKit

/// One organization at sprites.dev, and what its token has shown so far.
package struct SpritesAccount: ProviderAccount {
    let api: SpritesAPI
    package let binding: Binding
    package var isRefused: Bool { api.client.isRefused }
    private let proof: AccountProof

    private init(_ api: SpritesAPI, _ proof: AccountProof) {
        self.api = api
        self.proof = proof
        binding = api.client.configuration.binding
    }

    /// Learns whose sprites the token shows, where the settings do not say it.
    ///
    /// - Throws: `invalid` when nobody says it: without it no NotFound would prove anything.
    static func meet(
        _ credentials: ProviderCredentials,
        in source: CredentialSource,
        transport: HTTPTransport,
        policy: RetryPolicy,
        logger: Logger
    ) async throws -> SpritesAccount {
        let settings = try SpritesSettings(credentials)
        func api(_ organization: String, _ authorization: AuthorizationSource) -> SpritesAPI {
            SpritesAPI(
                client: ProviderClient(
                    ProviderClientConfiguration(
                        provider: "Sprites",
                        baseURL: settings.baseURL,
                        binding: Binding(account: organization, baseURL: settings.baseURL),
                        authorization: authorization.current,
                        headers: ["User-Agent": "sandfleet"],
                        policy: policy
                    ),
                    authorization: authorization,
                    transport: transport,
                    mapping: SpritesErrorMapping(),
                    logger: logger
                )
            )
        }
        let authorization = AuthorizationSource(.bearer(settings.token))
        var organization = settings.organization
        if organization == nil { organization = try await api("", authorization).organization() }
        guard let organization else {
            throw DriverError(
                .invalid,
                "The organization has no sprites that would tell its name: set \(SpritesSettings.organization.name)."
            )
        }
        let proof = AccountProof(account: organization)
        let renewed = AuthorizationSource(
            settings.token,
            of: credentials,
            SpritesSettings.variables,
            in: source,
            proof: proof,
            logger: logger
        ) { found throws(CredentialError) in
            let again = try SpritesSettings(found)
            // Another organization or address would be another account.
            let isSame = (again.organization, again.baseURL) == (settings.organization, settings.baseURL)
            return isSame ? again.token : nil
        }
        return SpritesAccount(api(organization, renewed), proof)
    }

    func envelope(of name: SpriteName) -> Envelope {
        binding.envelope(provider: SpritesDriver.name, box: name.box.rawValue)
    }

    func find(_ name: SpriteName, _ envelope: Envelope) async throws(DriverError) -> Sprite {
        do {
            let sprite = try await api.get(name, of: envelope)
            try checkOrganization(of: sprite)
            return sprite
        } catch {
            if error.kind == .gone { try await confirmOrganization() }
            throw error
        }
    }

    func checkOrganization(of sprite: Sprite) throws(DriverError) {
        if let organization = sprite.organization { try proof.see(organization) }
    }

    /// A token for another organization finds none of our sprites: that one is missing proves nothing then.
    func confirmOrganization() async throws(DriverError) {
        try proof.confirm(try await api.organization())
    }
}
