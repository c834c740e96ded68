import Glibc

/// Lets a thread wait for a socket and be woken by another.
final class SocketWait: Sendable {
    enum Wakeup {
        case readable
        case woken
        case timedOut
    }

    /// What is written to one end wakes whoever polls the other; it is never read, so it wakes for good.
    private let ends: (wake: Int32, wait: Int32)

    init() {
        var pair: [Int32] = [-1, -1]
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        _ = socketpair(AF_UNIX, Int32(type), 0, &pair)
        ends = (pair[0], pair[1])
    }

    deinit {
        close(ends.wake)
        close(ends.wait)
    }

    /// Ends the present wait and all that follow.
    func wake() {
        var byte: UInt8 = 1
        _ = send(ends.wake, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    /// Blocks until the socket is readable or somebody calls `wake`; without a socket, only for the latter.
    func wait(_ socket: Int32? = nil, milliseconds: Int32 = -1) -> Wakeup {
        var descriptors = [pollfd(fd: ends.wait, events: Int16(POLLIN), revents: 0)]
        if let socket { descriptors.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0)) }
        while true {
            let ready = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
            if ready < 0, errno == EINTR { continue }
            if descriptors[0].revents != 0 || ready < 0 { return .woken }
            return ready == 0 ? .timedOut : .readable
        }
    }

    /// Whether there is data to read, or the peer is gone.
    static func isReadable(_ socket: Int32) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }
}
