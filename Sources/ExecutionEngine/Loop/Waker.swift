import CLinux
import Glibc

/// Wakes a loop from another thread.
package final class Waker: Sendable {
    private let descriptor: Descriptor

    package init() throws(SystemError) {
        descriptor = try Descriptor(owning: linux_waker())
    }

    /// Makes the loop call its handler once, however often this is called before.
    package func wake() {
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, MemoryLayout<UInt64>.size)
    }

    /// Calls `action` on the loop's thread after each wake.
    package func register(on loop: EventLoop, _ action: @escaping () -> Void) throws(SystemError) {
        try loop.register(descriptor, for: .read, handler: WakeHandler(descriptor: descriptor, action: action))
    }
}

private final class WakeHandler: EventHandler {
    private let descriptor: Descriptor
    private let action: () -> Void

    init(descriptor: Descriptor, action: @escaping () -> Void) {
        self.descriptor = descriptor
        self.action = action
    }

    func descriptorReady(_ readiness: Readiness) {
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, MemoryLayout<UInt64>.size)
        action()
    }
}
