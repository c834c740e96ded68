import Glibc

/// Where a server of the fleet listens: `host:port`, `[v6]:port`, or a bare port.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    package init(_ text: String) throws(FleetError) {
        let colon = text.lastIndex(of: ":")
        var host = colon.map { String(text[..<$0]) } ?? "127.0.0.1"
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw FleetError(.address, "Write an IPv6 address in brackets: [\(host)]:7070.")
        }
        let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
        guard let port = UInt16(digits) else {
            throw FleetError(
                .address,
                "`\(text)` is no address to listen on.",
                advice: "Write host:port, as in 127.0.0.1:7070."
            )
        }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: port)
    }

    package var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// The URL by which a program on this machine reaches it.
    package var url: String { "http://\(ListenAddress(host: localHost, port: port))" }

    /// The host by which a program on this machine reaches it.
    package var localHost: String { ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host }

    /// Whether it is every address of the machine, none of which it names.
    package var isWildcard: Bool { localHost != host }

    /// The address itself, with a free port in place of port 0; throws when somebody listens there.
    ///
    /// - Parameter option: What to say it was asked for by.
    package func claimed(option: String = "--listen") throws(FleetError) -> ListenAddress {
        if port == 0 { return ListenAddress(host: host, port: try FreePort.choose(on: host)) }
        switch try FreePort.probe(host: host, port: port) {
        case 0: return self
        case EADDRINUSE:
            throw FleetError(
                .address,
                "Port \(port) on \(host) is in use by another program.",
                advice: "Stop that program, or choose another port with \(option) \(host):<port> (0 takes a free one)."
            )
        case EACCES:
            throw FleetError(
                .notPermitted,
                "Port \(port) needs more rights than this user has.",
                advice: "Choose a port above 1023 with \(option)."
            )
        case let error: throw FleetError(.address, "Cannot listen on \(self): \(lastSystemError(error)).")
        }
    }
}
