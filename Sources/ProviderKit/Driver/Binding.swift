/// Under what a provider's ids mean something: another account, or another host, knows other boxes by them.
package struct Binding: Sendable, Hashable, Codable {
    /// The provider's own id of the account: keys are rotated, the account stays.
    package var account: String
    package var project: String?
    package var region: String?
    /// Where the provider's API is.
    package var baseURL: String?
    /// The host or engine of a host-bound provider.
    package var placement: String?

    package init(
        account: String,
        project: String? = nil,
        region: String? = nil,
        baseURL: String? = nil,
        placement: String? = nil
    ) {
        self.account = account
        self.project = project
        self.region = region
        self.baseURL = baseURL.map(Self.normalized)
        self.placement = placement
    }

    /// The same URL in one spelling: scheme and host in small letters, no slash at the end.
    private static func normalized(_ url: String) -> String {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        guard let scheme = url.firstRange(of: "://") else { return url }
        let host = url[scheme.upperBound...].firstIndex(of: "/") ?? url.endIndex
        return url[..<host].lowercased() + url[host...]
    }
}
