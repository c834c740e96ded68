import Glibc

/// A resolved TCP address.
struct SocketAddress {
    private let storage: sockaddr_storage
    private let length: socklen_t

    init(host: String, port: UInt16) throws(FleetError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let error = getaddrinfo(host, "\(port)", &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard error == 0, let first = list?.pointee, let address = first.ai_addr else {
            throw FleetError(.address, "Cannot resolve `\(host)`: \(String(cString: gai_strerror(error))).")
        }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
        }
        self.storage = storage
        length = first.ai_addrlen
    }

    func makeSocket() -> Int32 {
        socket(Int32(storage.ss_family), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
