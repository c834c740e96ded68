import CLinux
import ExecutionEngine
import Glibc

/// Accepts clients.
///
/// When descriptors run out it looks away for a second instead of spinning.
final class Listener: EventHandler {
    private let socket: Descriptor
    private unowned let loop: EventLoop
    private var accepted: ((Descriptor) -> Void)?

    init(_ socket: Descriptor, loop: EventLoop) {
        self.socket = socket
        self.loop = loop
    }

    func start(_ accepted: @escaping (Descriptor) -> Void) throws(SystemError) {
        self.accepted = accepted
        try socket.setNonBlocking()
        try loop.register(socket, for: .read, handler: self)
    }

    func descriptorReady(_ readiness: Readiness) {
        while true {
            do {
                accepted?(try Descriptor(owning: linux_accept(socket.number)))
            } catch {
                switch error.code {
                case EINTR, ECONNABORTED: continue
                case EAGAIN: return
                default:
                    loop.watch(socket, for: [])
                    loop.schedule(afterMilliseconds: 1000) { [self] in loop.watch(socket, for: .read) }
                    return
                }
            }
        }
    }
}
