import CLinux
import Glibc

/// Signals as events of a loop.
///
/// They are blocked in the calling thread, which has to be the only one.
package final class SignalSource: EventHandler {
    private let descriptor: Descriptor
    private let action: () -> Void

    package init(_ signals: [Int32], on loop: EventLoop, _ action: @escaping () -> Void) throws(SystemError) {
        descriptor = try Descriptor(owning: linux_signal_descriptor(signals, signals.count))
        self.action = action
        try loop.register(descriptor, for: .read, handler: self)
    }

    package func descriptorReady(_ readiness: Readiness) {
        linux_drain_signals(descriptor.number)
        action()
    }
}
