import CCurl
import CCurlShims

/// The upgraded connections; lives on the loop's thread, which waits for their sockets with libcurl's own.
final class ActiveUpgrades {
    private let multi: Multi
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var links: [UnsafeMutableRawPointer: UpgradeLink] = [:]
    private var pointers: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]
    /// Who is waited for; `waits` are their sockets, in the same order.
    private var waiting: [UpgradeLink] = []
    var waits: [curl_waitfd] = []

    init(multi: Multi) {
        self.multi = multi
    }

    deinit {
        scratch.deallocate()
    }

    var isEmpty: Bool { links.isEmpty }

    func connect(_ upgrade: Upgrade) {
        guard !upgrade.transition({ $0.hasEnded }) else { return }
        do {
            let link = try UpgradeLink(upgrade)
            guard multi.add(link.easy.pointer) == CURLM_OK else {
                link.easy.close()
                throw HTTPTransportError(code: .internal, message: "handle refused", mayHaveBeenDelivered: false)
            }
            links[link.easy.pointer] = link
            pointers[ObjectIdentifier(upgrade)] = link.easy.pointer
        } catch {
            upgrade.fail(error)
        }
    }

    func attend(_ upgrade: Upgrade) {
        guard let pointer = pointers[ObjectIdentifier(upgrade)], let link = links[pointer] else { return }
        link.attend(scratch)
    }

    func drop(_ upgrade: Upgrade) {
        guard let pointer = pointers.removeValue(forKey: ObjectIdentifier(upgrade)),
            let link = links.removeValue(forKey: pointer)
        else { return }
        // This closes the connection, which nobody else can use.
        multi.remove(pointer)
        link.easy.close()
    }

    /// libcurl has connected, or given up.
    func finish(_ pointer: UnsafeMutableRawPointer, _ result: CURLcode) {
        guard let link = links[pointer] else { return }
        guard result == CURLE_OK else {
            return link.upgrade.fail(HTTPTransportError(result, detail: link.easy.errorText, issued: false))
        }
        do {
            try link.connected()
        } catch {
            return link.upgrade.fail(error)
        }
        link.attend(scratch)
    }

    func failAll() {
        for link in Array(links.values) {
            link.upgrade.fail(.shutdown, "the transport was shut down")
            drop(link.upgrade)
        }
    }

    /// Fills `waits`.
    ///
    /// - Returns: false when somebody is ready without waiting.
    func prepareWait() -> Bool {
        waits.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        var mayWait = true
        for link in links.values {
            if link.isReady { mayWait = false }
            let events = link.events
            guard events != 0, let socket = link.socket else { continue }
            waits.append(curl_waitfd(fd: socket, events: Int16(events), revents: 0))
            waiting.append(link)
        }
        return mayWait
    }

    /// Serves those that the wait was for, and those that did not need it.
    func serve() {
        for (index, wait) in waits.enumerated() where wait.revents != 0 { waiting[index].attend(scratch) }
        waiting.removeAll(keepingCapacity: true)
        for link in links.values where link.isReady { link.attend(scratch) }
    }

    var nextDeadline: ContinuousClock.Instant? { links.values.compactMap(\.deadline).min() }

    func expire(_ now: ContinuousClock.Instant) {
        for link in Array(links.values) {
            guard let deadline = link.deadline, deadline <= now else { continue }
            link.upgrade.fail(.timeout, "no answer to the upgrade in time")
        }
    }
}
