package import ServiceHost

/// How the gateway behaves, read once at start.
package struct GatewaySettings: Sendable {
    package var listen: ListenAddress
    package var defaultProvider: String
    /// Whose sandboxes are ephemeral when their creation does not say.
    package var deletesOnStop: DeleteOnStop
    /// How long a short operation may take.
    package var callTimeout: Duration
    /// How long a box may take to come up.
    package var acquireTimeout: Duration
    package var jsonLimit: Int
    /// The most bytes of each output stream in a JSON answer: the last ones.
    package var outputLimit: Int
    package var heartbeat: Duration
    package var connectionIdle: Duration
    /// How many requests without an API key one address may make; 0 is no limit.
    package var openPerMinute: Int
    /// Whose word about the address of who asks is taken.
    package var trustedProxies: TrustedProxies
    /// Servers of the bus, as agents reach them.
    package var agentNATSURLs: [String]
    /// The folder of archived output; nil when this gateway reads none.
    package var archive: String?

    package init(_ settings: ServiceSettings) throws(ServiceHostError) {
        listen = try ListenAddress(try settings.string(.listen))
        defaultProvider = try settings.string(.defaultProvider)
        deletesOnStop = try settings.deleteOnStop()
        callTimeout = try settings.milliseconds(.callTimeout)
        acquireTimeout = try settings.milliseconds(.acquireTimeout)
        jsonLimit = try settings.integer(.jsonLimit, in: 1024...1_073_741_824)
        // Both streams and their frame have to fit into one message of the bus.
        outputLimit = try settings.integer(.outputLimit, in: 0...458_752)
        heartbeat = try settings.milliseconds(.heartbeat)
        connectionIdle = try settings.milliseconds(.connectionIdle)
        openPerMinute = try settings.integer(.agentRequests, in: 0...1_000_000)
        trustedProxies = try TrustedProxies(
            settings.optional(.trustedProxies) == nil ? [] : try settings.list(.trustedProxies)
        )
        agentNATSURLs = try settings.list(settings.optional(.agentNATSURL) == nil ? .natsURL : .agentNATSURL)
            .map(Self.withoutUser)
        archive = settings.optional(.archive)
    }

    /// What a URL says of a user is the service's own, and nobody else's business.
    static func withoutUser(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@") else { return url }
        let scheme = url.firstIndex(of: "/").map { url[..<$0] + "//" } ?? ""
        return String(scheme + url[url.index(after: at)...])
    }
}
