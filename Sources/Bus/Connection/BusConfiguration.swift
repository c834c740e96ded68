package import NATSClient

/// How to reach the bus, and as whom.
package struct BusConfiguration: Sendable {
    /// Servers of the cluster, `nats://host:port`.
    package var urls: [String]
    /// Secret.
    package var credentials: NATSCredentials

    package init(urls: [String], credentials: NATSCredentials) {
        self.urls = urls
        self.credentials = credentials
    }

    /// - Parameter credentialsFile: The path of a `.creds` file.
    package init(urls: [String], credentialsFile: String) {
        self.init(urls: urls, credentials: .file(credentialsFile))
    }

    package init(urls: [String], user: String, password: String) {
        self.init(urls: urls, credentials: .user(user, password: password))
    }
}
