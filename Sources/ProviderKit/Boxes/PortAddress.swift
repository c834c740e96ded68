/// Where a port of a box is reached from outside.
package struct PortAddress: Sendable, Hashable {
    /// `http`, `https` or `tcp`, without a slash at the end where it has no path.
    package var url: String
    /// What a request has to carry to be let in; secret, never logged.
    package var headers: [String: String]

    package init(url: String, headers: [String: String] = [:]) {
        self.url = url
        self.headers = headers
    }
}
