import CurlTransport
import Logging
import NIOConcurrencyHelpers
import ProviderHTTP
import ProviderKit

/// The endpoints that are used, under one team and project.
package final class VercelAPI: Sendable {
    static let creating = "create sandbox"
    static let resuming = "resume sandbox"

    let project: String
    let binding: Binding
    private let configuration: VercelConfiguration
    private let transport: HTTPTransport
    private let logger: Logger
    private let current: NIOLockedValueBox<(token: Secret, client: ProviderClient)>

    /// - Throws: `CredentialError` when something is missing.
    init(
        _ configuration: VercelConfiguration,
        transport: HTTPTransport,
        logger: Logger
    ) throws(CredentialError) {
        let credentials = try VercelCredentials(configuration.credentials)
        project = credentials.project
        // Rows of boxes keep the account alone, so it tells all of what an id means something under.
        let isElsewhere = configuration.baseURL != VercelConfiguration.defaultBaseURL
        binding = Binding(
            account: "\(credentials.team)/\(credentials.project)" + (isElsewhere ? "@\(configuration.baseURL)" : "")
        )
        self.configuration = configuration
        self.transport = transport
        self.logger = logger
        let client = Self.client(credentials, configuration, binding, transport, logger)
        current = NIOLockedValueBox((credentials.token, client))
    }

    /// Calls with the token that is known; an unauthorized call looks whether another one was put in its place.
    func call<Value>(
        _ body: (ProviderClient) async throws(DriverError) -> Value
    ) async throws(DriverError) -> Value {
        let client = current.withLockedValue(\.client)
        do throws(DriverError) {
            return try await body(client)
        } catch {
            guard error.kind == .unauthorized, let other = rotated(from: client) else { throw error }
            return try await body(other)
        }
    }

    /// Nil when the credentials are what they were.
    private func rotated(from client: ProviderClient) -> ProviderClient? {
        let credentials: VercelCredentials
        do {
            credentials = try VercelCredentials(configuration.credentials)
        } catch {
            logger.warning("credentials cannot be read again", metadata: ["error": "\(error.message)"])
            return nil
        }
        // Another team or project would be another binding: that takes a new worker.
        guard credentials.project == project, binding.account.hasPrefix("\(credentials.team)/") else { return nil }
        return current.withLockedValue { current in
            if current.client !== client { return current.client }
            guard current.token != credentials.token else { return nil }
            let client = Self.client(credentials, configuration, binding, transport, logger)
            current = (credentials.token, client)
            return client
        }
    }

    private static func client(
        _ credentials: VercelCredentials,
        _ configuration: VercelConfiguration,
        _ binding: Binding,
        _ transport: HTTPTransport,
        _ logger: Logger
    ) -> ProviderClient {
        ProviderClient(
            ProviderClientConfiguration(
                provider: "Vercel",
                baseURL: configuration.baseURL,
                binding: binding,
                authorization: .bearer(credentials.token),
                headers: ["User-Agent": "sandfleet"],
                query: [("teamId", credentials.team)],
                requestIDHeaders: ["X-Vercel-Id", "X-Request-Id"]
            ),
            transport: transport,
            mapping: VercelErrorMapping(),
            logger: logger
        )
    }
}
