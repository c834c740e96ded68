/// How to reach the bus, and as whom.
package struct BusConfiguration: Sendable {
    /// Servers of the cluster, `nats://host:port`.
    package var urls: [String]
    package var user: String
    /// Secret.
    package var password: String

    package init(urls: [String], user: String, password: String) {
        self.urls = urls
        self.user = user
        self.password = password
    }
}
