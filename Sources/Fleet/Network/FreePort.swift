import Glibc

/// Ports that nobody listens on.
package enum FreePort {
    /// Below the range that the kernel gives to outgoing connections, so that none of those takes a chosen port away.
    private static let range: ClosedRange<UInt16> = 20_000...31_999

    /// Chooses one that no other process of ours has chosen, though nobody listens on it yet.
    package static func choose(on host: String = "127.0.0.1") throws(FleetError) -> UInt16 {
        for _ in 0..<200 {
            let port = UInt16.random(in: range)
            guard let claim = claim(port) else { continue }
            if try probe(host: host, port: port) == 0 { return port }
            close(claim)
        }
        throw FleetError(.address, "Found no free port on \(host).")
    }

    /// Takes a name for the port that goes when this process ends; nil when another one has it.
    private static func claim(_ port: UInt16) -> Int32? {
        let claim = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard claim >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An abstract name, which begins with a zero byte: it lies in no directory, and belongs to the network namespace as ports do.
        let name = [0] + Array("sandfleet-port-\(port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(claim, $0, length) }
        }
        guard bound == 0 else {
            close(claim)
            return nil
        }
        return claim
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
