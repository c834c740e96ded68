import CNATS
import Glibc

/// The library's form of `NATSOptions`, destroyed with this object; a connection clones it.
final class OptionsPointer {
    let raw: OpaquePointer

    init(_ options: NATSOptions) throws {
        var pointer: OpaquePointer?
        try NATSError.check(natsOptions_Create(&pointer), "create options")
        guard let pointer else { throw NATSError(.library, "create options") }
        raw = pointer
        try apply(options)
    }

    deinit {
        natsOptions_Destroy(raw)
    }

    private func apply(_ options: NATSOptions) throws {
        try setServers(options.urls)
        try set("name", natsOptions_SetName(raw, options.name))
        try set("connect timeout", natsOptions_SetTimeout(raw, options.connectTimeout.milliseconds))
        try set("reconnect", natsOptions_SetAllowReconnect(raw, true))
        try set("reconnect attempts", natsOptions_SetMaxReconnect(raw, -1))
        try set("reconnect wait", natsOptions_SetReconnectWait(raw, options.reconnectWait.milliseconds))
        let jitter = options.reconnectJitter.milliseconds
        try set("reconnect jitter", natsOptions_SetReconnectJitter(raw, jitter, jitter))
        // Nothing may wait for a reconnect and be sent late; one byte is the least that the library accepts.
        try set("reconnect buffer", natsOptions_SetReconnectBufSize(raw, 1))
        try set("ping interval", natsOptions_SetPingInterval(raw, options.pingInterval.milliseconds))
        try set("pings out", natsOptions_SetMaxPingsOut(raw, Int32(clamping: options.maximumPingsOut)))
        try set("write deadline", natsOptions_SetWriteDeadline(raw, options.writeDeadline.milliseconds))
        let pending = Int32(clamping: options.pendingLimits.messages)
        try set("pending limit", natsOptions_SetMaxPendingMsgs(raw, pending))
        // Without it a flusher thread delays each small message by up to a millisecond.
        try set("send asap", natsOptions_SetSendAsap(raw, true))
        // Without it every subscription has a thread of its own.
        try set("global delivery", natsOptions_UseGlobalMessageDelivery(raw, true))
        // By itself the library encrypts only where the server demands it: one in the middle would not.
        if options.urls.contains(where: { $0.hasPrefix("tls://") }) { try set("tls", natsOptions_SetSecure(raw, true)) }
        if let file = options.trustedCertificatesFile {
            try set("trusted certificates", natsOptions_LoadCATrustedCertificates(raw, file))
        }
    }

    private func setServers(_ urls: [String]) throws {
        guard !urls.isEmpty else { throw NATSError(.invalidOptions, "no server URL") }
        let copies = urls.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var servers = copies.map { UnsafePointer($0) }
        try set("servers", natsOptions_SetServers(raw, &servers, Int32(clamping: servers.count)))
    }

    func set(_ option: String, _ status: natsStatus) throws(NATSError) {
        if status != NATS_OK {
            throw NATSError(.invalidOptions, "\(option): \(NATSError(status, "refused").message)")
        }
    }
}
