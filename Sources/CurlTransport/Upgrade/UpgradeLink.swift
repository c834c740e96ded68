import CCurl
import CCurlShims
import Glibc
import NIOCore

/// The loop's side of an upgraded connection; used on its thread only.
final class UpgradeLink {
    private enum Phase {
        case connecting
        case asking(UpgradeAnswer)
        case open
    }

    /// Bytes received in one turn, so that one connection does not keep the loop from the others.
    private static let turnLimit = 1 << 20

    let upgrade: Upgrade
    let easy: EasyHandle
    let target: RequestTarget
    private(set) var socket: curl_socket_t?
    /// When the answer is overdue; nil once it has come.
    private(set) var deadline: ContinuousClock.Instant?
    private var phase = Phase.connecting
    private var isSendBlocked = false
    private var isDrained = false
    private var hasFinished = false

    init(_ upgrade: Upgrade) throws {
        self.upgrade = upgrade
        let target = try RequestTarget(upgrade.request.url)
        self.target = target
        deadline = .now + upgrade.patience
        easy = try EasyHandle { handle in
            try upgrade.request.checkHead()
            try handle.setConnection(upgrade.request, target, upgrade.configuration)
            // The connection is all that libcurl makes. TLS must agree on HTTP/1.1: HTTP/2 has no upgrades of this kind.
            try handle.set(CURLOPT_CONNECT_ONLY, 1)
            try handle.set(CURLOPT_FRESH_CONNECT, 1)
            try handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
            try handle.set(CURLOPT_HTTPPROXYTUNNEL, 1)
        }
    }

    /// What to wait for before the next turn; 0 is nothing.
    var events: Int32 {
        guard socket != nil else { return 0 }
        let input = wantsInput && isDrained ? CURL_WAIT_POLLIN : 0
        return input | (isSendBlocked ? CURL_WAIT_POLLOUT : 0)
    }

    /// There is more to do without waiting.
    var isReady: Bool { socket != nil && wantsInput && !isDrained }

    private var wantsInput: Bool { upgrade.transition { $0.wantsInput } }

    /// libcurl has made the connection.
    func connected() throws {
        var socket = CURL_SOCKET_BAD
        guard curl_shim_active_socket(easy.pointer, &socket) == CURLE_OK, socket != CURL_SOCKET_BAD else {
            throw HTTPTransportError(code: .connectFailed, message: "no socket", mayHaveBeenDelivered: false)
        }
        let request = try upgrade.request.upgradeMessage(to: target)
        self.socket = socket
        phase = .asking(UpgradeAnswer(statuses: upgrade.statuses))
        upgrade.transition { $0.enqueue(request) }
    }

    /// One turn: sends what there is, receives what there is room for.
    func attend(_ scratch: UnsafeMutableRawBufferPointer) {
        upgrade.transition { $0.attended() }
        guard socket != nil else { return }
        send()
        receive(scratch)
    }

    private func send() {
        isSendBlocked = false
        while let chunk = upgrade.transition({ $0.nextOutput() }) {
            var sent = 0
            let code = chunk.withUnsafeReadableBytes {
                curl_easy_send(easy.pointer, $0.baseAddress, $0.count, &sent)
            }
            switch code {
            case CURLE_OK: upgrade.run(upgrade.transition { $0.sent(sent) })
            case CURLE_AGAIN:
                isSendBlocked = true
                return
            default: return fail(code)
            }
        }
        guard !hasFinished, upgrade.transition({ $0.mayFinish }), let socket else { return }
        hasFinished = true
        // An error here means that the connection has ended, which the next receive tells.
        _ = shutdown(socket, Int32(SHUT_WR))
    }

    private func receive(_ scratch: UnsafeMutableRawBufferPointer) {
        isDrained = false
        var total = 0
        while total < Self.turnLimit, wantsInput {
            var count = 0
            switch curl_easy_recv(easy.pointer, scratch.baseAddress, scratch.count, &count) {
            case CURLE_OK where count == 0: return receiveEnd()
            case CURLE_OK:
                total += count
                receive(bytes: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
            case CURLE_AGAIN:
                isDrained = true
                return
            case let code: return fail(code)
            }
        }
    }

    private func receive(bytes: UnsafeRawBufferPointer) {
        switch phase {
        case .connecting: break
        case .asking(var answer):
            let step = answer.receive(bytes)
            phase = .asking(answer)
            take(step)
        case .open: upgrade.run(upgrade.transition { $0.receive(bytes) })
        }
    }

    private func receiveEnd() {
        guard case .asking(var answer) = phase else {
            return upgrade.run(upgrade.transition { $0.receiveEnd() })
        }
        take(answer.end())
    }

    private func take(_ step: UpgradeAnswer.Step) {
        switch step {
        case .more: break
        case .accepted(let head, let rest):
            phase = .open
            deadline = nil
            // The bytes first: who waits for the head may read at once.
            upgrade.run(upgrade.transition { state in rest.withUnsafeReadableBytes { state.receive($0) } })
            upgrade.run(upgrade.transition { $0.open(head) })
        case .refused(let refusal): upgrade.fail(refusal)
        case .invalid(let message): upgrade.fail(.protocolViolation, message)
        case .ended: upgrade.fail(.aborted, "the connection ended before the answer")
        }
    }

    private func fail(_ code: CURLcode) {
        let error = upgrade.transition { HTTPTransportError(code, detail: easy.errorText, issued: $0.wasSent) }
        upgrade.fail(error)
    }
}
