import Glibc

/// Ports that nobody listens on.
package enum FreePort {
    /// Below the range that the kernel gives to outgoing connections, so that none of those takes a chosen port away.
    private static let range: ClosedRange<UInt16> = 20_000...31_999

    package static func choose(on host: String = "127.0.0.1") throws(FleetError) -> UInt16 {
        for _ in 0..<200 {
            let port = UInt16.random(in: range)
            if try probe(host: host, port: port) == 0 { return port }
        }
        throw FleetError(.address, "Found no free port on \(host).")
    }

    /// The port that `record` names while it is free, else another one, which is then recorded.
    static func kept(in record: String, on host: String = "127.0.0.1") throws(FleetError) -> UInt16 {
        if let text = TextFile.read(record)?.trimmed, let port = UInt16(text),
            try probe(host: host, port: port) == 0
        {
            return port
        }
        let port = try choose(on: host)
        try TextFile.replace(record, with: "\(port)\n")
        return port
    }

    /// Tries to listen; 0 or the error number.
    static func probe(host: String, port: UInt16) throws(FleetError) -> Int32 {
        let address = try SocketAddress(host: host, port: port)
        let socket = address.makeSocket()
        guard socket >= 0 else { return errno }
        defer { close(socket) }
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = address.withPointer { bind(socket, $0, $1) }
        return bound == 0 && listen(socket, 1) == 0 ? 0 : errno
    }
}
