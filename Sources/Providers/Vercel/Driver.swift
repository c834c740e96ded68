package import CurlTransport
package import Logging
import Model
package import ProviderKit

/// Vercel Sandbox: boxes are named sandboxes, which outlive the sessions that they run in.
package final class VercelDriver: Driver {
    package static let name = "vercel"

    package let descriptor: Descriptor
    package let binding: Binding
    let configuration: VercelConfiguration
    let api: VercelAPI
    let extender: SessionExtender
    let logger: Logger
    private let opener: any BoxOpener

    /// - Parameter opener: Makes boxes of sessions: `DaemonOpener`, outside of tests.
    /// - Throws: `CredentialError` when something is missing.
    package init(
        _ configuration: VercelConfiguration,
        transport: HTTPTransport,
        logger: Logger,
        opener: any BoxOpener
    ) throws(CredentialError) {
        let api = try VercelAPI(configuration, transport: transport, logger: logger)
        self.configuration = configuration
        self.api = api
        self.logger = logger
        self.opener = opener
        binding = api.binding
        descriptor = .vercel(configuration)
        extender = SessionExtender(api: api, longestLife: configuration.longestLife, logger: logger)
    }

    /// The box of a session that runs, kept alive for as long as somebody holds it.
    func open(
        _ answer: SandboxAnswer,
        _ spec: SandboxSpec,
        sandbox: SandboxID,
        epoch: UInt64,
        environment: [String: String],
        isNew: Bool = false
    ) async throws(DriverError) -> any Box {
        let opening = BoxOpening(
            session: answer.session.id,
            envelope: envelope(of: answer),
            sandbox: sandbox,
            epoch: epoch,
            environment: environment,
            endsAt: answer.session.latestEnd(longest: configuration.longestLife),
            isNew: isNew
        )
        let span = try configuration.span(for: spec)
        let box = try await opener.open(opening, api)
        extender.keepAlive(answer.session, span: span) { await box.waitUntilClosed() }
        return box
    }

    private func envelope(of answer: SandboxAnswer) -> Envelope {
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

    /// The name of an envelope's box, if it was made under this account.
    ///
    /// Under another one nothing can be said about it.
    func identify(_ envelope: Envelope) throws(DriverError) -> String {
        guard envelope.backendId == Self.name, let name = envelope.boxId else {
            throw DriverError(.invalid, "The envelope does not name a sandbox at Vercel.")
        }
        if let obstacle = binding.obstacle(to: envelope) { throw obstacle }
        return name
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        try await api.sandboxes(tag: (VercelTags.fleetName, configuration.fleet.rawValue))
            .map { sandbox in
                let meaning = ObservedState<VercelState>(sandbox.status).meaning
                return BoxListing(
                    externalID: sandbox.name,
                    tag: VercelTags(sandbox).box(named: sandbox.name),
                    isRunning: meaning == .running || meaning == .becoming
                )
            }
    }

    package func shutdown() async {
        extender.shutdown()
    }
}
