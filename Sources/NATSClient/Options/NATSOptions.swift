/// How to reach a server, and how patient to be with it.
package struct NATSOptions: Sendable {
    /// One or more servers of a cluster, `nats://host:port` or `tls://host:port`; with one of the latter all have to encrypt.
    package var urls: [String]
    /// The name that the server shows for this connection.
    package var name: String?
    package var credentials: NATSCredentials
    /// PEM file of the authorities that `tls://` servers are checked against; the system's if nil.
    package var trustedCertificatesFile: String?
    /// Every inbox of this connection lies below it, so that permissions can name it.
    package var inboxPrefix: String = "_INBOX"
    package var connectTimeout: Duration = .seconds(2)
    package var reconnectWait: Duration = .milliseconds(100)
    package var reconnectJitter: Duration = .milliseconds(100)
    package var pingInterval: Duration = .seconds(5)
    package var maximumPingsOut: Int = 2
    /// How long one write to the socket may block before the publish fails.
    package var writeDeadline: Duration = .seconds(5)
    /// What the library holds for a subscription that is allowed to lose messages.
    package var pendingLimits = PendingLimits()

    package struct PendingLimits: Sendable {
        package var messages: Int = 65_536
        package var bytes: Int = 64 * 1024 * 1024

        package init() {}
    }

    package init(urls: [String], name: String? = nil, credentials: NATSCredentials = .none) {
        self.urls = urls
        self.name = name
        self.credentials = credentials
    }
}
