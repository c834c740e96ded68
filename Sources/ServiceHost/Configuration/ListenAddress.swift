/// Where a service listens: `host:port`, with an IPv6 host in brackets.
package struct ListenAddress: Sendable, Hashable {
    package var host: String
    package var port: Int

    package init(_ text: String) throws(ServiceHostError) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            throw ServiceHostError(.configuration, "\(text) is not an address of the form host:port.")
        }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard !host.isEmpty, isBracketed || !host.contains(":") else {
            throw ServiceHostError(.configuration, "\(text) is not an address of the form host:port.")
        }
        self.host = isBracketed ? String(host.dropFirst().dropLast()) : String(host)
        self.port = port
    }
}
