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
        archive = settings.optional(.archive)
    }
}
