import Dispatch
import Glibc

/// A short exchange with a server, to see whether it serves.
package enum Greeting {
    /// Connects, sends `request`, and returns what comes up to `end`; nil when nothing comes within a second.
    ///
    /// Whoever keeps sending something else is listened to for five seconds.
    package static func exchange(
        host: String,
        port: UInt16,
        request: String = "",
        until end: String = ""
    ) async -> String? {
        await withCheckedContinuation { continuation in
            // Blocks for seconds at worst, so not on a thread of the runtime.
            DispatchQueue.global().async { continuation.resume(returning: blocking(host, port, request, end)) }
        }
    }

    /// The status that `path` answers with.
    package static func httpStatus(_ address: ListenAddress, path: String) async -> Int? {
        let request = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
        guard let answer = await exchange(host: address.localHost, port: address.port, request: request) else {
            return nil
        }
        let words = answer.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ")
        guard words.count > 1, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1])
    }

    private static func blocking(_ host: String, _ port: UInt16, _ request: String, _ end: String) -> String? {
        guard let address = try? SocketAddress(host: host, port: port) else { return nil }
        let socket = address.makeSocket()
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard address.withPointer({ connect(socket, $0, $1) }) == 0 else { return nil }
        guard request.isEmpty || request.withCString({ send(socket, $0, strlen($0), Int32(MSG_NOSIGNAL)) }) > 0
        else { return nil }
        var answer = ""
        let deadline = ContinuousClock.now + .seconds(5)
        var buffer = [UInt8](repeating: 0, count: 4096)
        repeat {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += String(decoding: buffer[..<count], as: UTF8.self)
        } while (!answer.contains(end) || answer.isEmpty) && ContinuousClock.now < deadline
        return answer.isEmpty ? nil : answer
    }
}
