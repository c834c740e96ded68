package import Model

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

    /// One of the ports that the envelope of a box knows an address of.
    ///
    /// - Parameters:
    ///   - key: What stands before the port's number in the provider's state: `url.`
    ///   - scheme: What the address there lacks: `http://`
    /// - Throws: `unsupported` for a port that was not named when the box was made.
    package static func known(
        to envelope: Envelope,
        port: Int,
        key: String,
        scheme: String = ""
    ) throws(DriverError) -> PortAddress {
        guard let address = envelope.sessionState.providerState["\(key)\(port)"] else {
            throw DriverError(
                .unsupported,
                "The port \(port) was not among the ports that the sandbox was made with."
            )
        }
        return PortAddress(url: scheme + address)
    }
}
