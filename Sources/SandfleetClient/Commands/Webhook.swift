/// Where the end of a process is told: its record is POSTed there, signed, until the answer is one of 2xx.
public struct Webhook: Codable, Hashable, Sendable {
    /// The URL to call.
    public var url: String
    /// The key of the signature in the header `Sandfleet-Signature`.
    public var secret: String

    /// Makes a webhook.
    public init(url: String, secret: String) {
        self.url = url
        self.secret = secret
    }
}
