import CNATS

/// The library's connection.
///
/// Sendable because cnats guards every connection with its own lock and counts references to it.
struct ConnectionPointer: @unchecked Sendable {
    let raw: OpaquePointer

    /// Connects; blocks up to the connect timeout per server.
    static func connect(_ options: NATSOptions, _ context: ConnectionContext) throws -> ConnectionPointer {
        let cOptions = try OptionsPointer(options)
        try context.credentials.apply(to: cOptions)
        try context.install(in: cOptions)

        // The closed callback gives the reference back; a connection that never opened has none.
        let retained = Unmanaged.passRetained(context)
        var pointer: OpaquePointer?
        var status = natsConnection_Connect(&pointer, cOptions.raw)
        // Nobody was refused, and a nonce comes once: three in a row are no coincidence.
        for _ in 0..<2 where status != NATS_OK && context.credentials.takeWithheld() {
            status = natsConnection_Connect(&pointer, cOptions.raw)
        }
        guard status == NATS_OK, let pointer else {
            retained.release()
            let error = NATSError(status, "connect")
            throw error.code == .authenticationFailed ? error : NATSError(.connectFailed, error.message)
        }
        return ConnectionPointer(raw: pointer)
    }

    /// Refuses what the library would otherwise keep until it is connected again.
    func requireConnected() throws(NATSError) {
        switch natsConnection_Status(raw) {
        case NATS_CONN_STATUS_CONNECTED, NATS_CONN_STATUS_DRAINING_SUBS: return
        case NATS_CONN_STATUS_DRAINING_PUBS: throw NATSError(.draining, "publish")
        case NATS_CONN_STATUS_CLOSED: throw NATSError(.closed, "publish")
        default: throw NATSError(.disconnected, "publish")
        }
    }

    var isConnected: Bool { natsConnection_Status(raw) == NATS_CONN_STATUS_CONNECTED }

    var serverInfo: NATSServerInfo {
        NATSServerInfo(
            id: text { natsConnection_GetConnectedServerId(raw, $0, $1) },
            url: text { natsConnection_GetConnectedUrl(raw, $0, $1) },
            maximumPayload: Int(natsConnection_GetMaxPayload(raw))
        )
    }

    private func text(_ read: (UnsafeMutablePointer<CChar>, Int) -> natsStatus) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, read(start, buffer.count) == NATS_OK else { return "" }
            return String(cString: start)
        }
    }
}
