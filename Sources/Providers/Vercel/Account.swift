import CurlTransport
import Logging
import ProviderHTTP
package import ProviderKit

/// One project of a team at Vercel.
package struct VercelAccount: ProviderAccount {
    let api: VercelAPI
    package let binding: Binding
    /// How long a session may take to run, to stop or to be saved.
    let patience: Duration

    package var isRefused: Bool { api.client.isRefused }

    /// - Throws: `CredentialError` when something is missing.
    init(
        _ credentials: ProviderCredentials,
        _ configuration: VercelConfiguration,
        transport: HTTPTransport,
        logger: Logger
    ) throws(CredentialError) {
        let own = try VercelCredentials(credentials)
        // Rows of boxes keep the account alone, so it tells all of what an id means something under.
        let isElsewhere = configuration.baseURL != VercelConfiguration.defaultBaseURL
        binding = Binding(account: "\(own.team)/\(own.project)" + (isElsewhere ? "@\(configuration.baseURL)" : ""))
        patience = configuration.patience
        let authorization = AuthorizationSource(
            own.token,
            of: credentials,
            VercelCredentials.variables,
            in: configuration.credentials,
            logger: logger
        ) { found throws(CredentialError) in
            let again = try VercelCredentials(found)
            // Another team or project would be another account.
            return (again.team, again.project) == (own.team, own.project) ? again.token : nil
        }
        let client = ProviderClient(
            ProviderClientConfiguration(
                provider: "Vercel",
                baseURL: configuration.baseURL,
                binding: binding,
                authorization: authorization.current,
                headers: ["User-Agent": "sandfleet"],
                query: [("teamId", own.team)],
                requestIDHeaders: ["X-Vercel-Id", "X-Request-Id"]
            ),
            authorization: authorization,
            transport: transport,
            mapping: VercelErrorMapping(),
            logger: logger
        )
        api = VercelAPI(project: own.project, client: client)
    }
}
