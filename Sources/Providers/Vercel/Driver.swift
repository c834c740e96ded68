package import CurlTransport
package import Logging
import Model
package import ProviderHTTP
package import ProviderKit

/// Vercel Sandbox: boxes are named sandboxes, which outlive the sessions that they run in.
package final class VercelDriver: AccountsDriver {
    package static let name = "vercel"

    package let descriptor: Descriptor
    package let accounts: Accounts<VercelAccount>
    let configuration: VercelConfiguration
    private let extender: SessionExtender
    private let opener: any BoxOpener

    /// - Parameter opener: Makes boxes of sessions: `DaemonOpener`, outside of tests.
    /// - Throws: `CredentialError` when something is missing in the fleet's credentials.
    package static func start(
        _ configuration: VercelConfiguration,
        transport: HTTPTransport,
        logger: Logger,
        opener: any BoxOpener
    ) async throws -> VercelDriver {
        let source = configuration.credentials
        let accounts = try await Accounts(of: name, VercelCredentials.variables, in: source, logger: logger) { found in
            try VercelAccount(found, configuration, transport: transport, logger: logger)
        }
        return VercelDriver(accounts, configuration, opener, logger)
    }

    private init(
        _ accounts: Accounts<VercelAccount>,
        _ configuration: VercelConfiguration,
        _ opener: any BoxOpener,
        _ logger: Logger
    ) {
        self.accounts = accounts
        self.configuration = configuration
        self.opener = opener
        descriptor = .vercel(configuration)
        extender = SessionExtender(longestLife: configuration.longestLife, logger: logger)
    }

    /// The box of a session that runs, kept alive for as long as somebody holds it.
    func open(
        _ answer: SandboxAnswer,
        _ account: VercelAccount,
        _ spec: SandboxSpec,
        sandbox: SandboxID,
        epoch: UInt64,
        environment: [String: String],
        isNew: Bool = false
    ) async throws(DriverError) -> any Box {
        let opening = BoxOpening(
            session: answer.session.id,
            envelope: envelope(of: answer, account.binding),
            sandbox: sandbox,
            epoch: epoch,
            environment: environment,
            endsAt: answer.session.latestEnd(longest: configuration.longestLife),
            isNew: isNew
        )
        let span = try configuration.span(for: spec)
        let box = try await opener.open(opening, account.api)
        extender.keepAlive(answer.session, at: account.api, span: span) { await box.waitUntilClosed() }
        return box
    }

    private func envelope(of answer: SandboxAnswer, _ binding: Binding) -> Envelope {
        let routes = answer.routes ?? []
        var other = ["sessionId": answer.session.id]
        for route in routes { other["url.\(route.port)"] = route.url }
        return binding.envelope(
            provider: Self.name,
            box: answer.sandbox.name,
            other: other,
            ports: routes.map(\.port)
        )
    }

    /// The name of an envelope's box, and the account that it is of, if this worker has credentials of that.
    ///
    /// Under another one nothing can be said about it.
    func identify(_ envelope: Envelope) async throws(DriverError) -> (String, VercelAccount) {
        guard envelope.backendId == Self.name, let name = envelope.boxId else {
            throw DriverError(.invalid, "The envelope does not name a sandbox at Vercel.")
        }
        return (name, try await accounts.account(holding: envelope))
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        try await accounts.gather("boxes") { [fleet = configuration.fleet] account throws(DriverError) in
            try await account.sandboxes(of: fleet)
                .map { sandbox in
                    let meaning = ObservedState<VercelState>(sandbox.status).meaning
                    return BoxListing(
                        externalID: sandbox.name,
                        tag: VercelTags(sandbox).box(named: sandbox.name),
                        isRunning: meaning == .running || meaning == .becoming,
                        account: account.binding.account
                    )
                }
        }
    }

    package func shutdown() async {
        extender.shutdown()
    }
}
