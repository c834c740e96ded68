import CLinux
import Dispatch
import Glibc
import NIOConcurrencyHelpers
import ProviderKit

/// A process by descriptor.
struct ProcessHold: ~Copyable {
    private let descriptor: HostDescriptor

    init(_ descriptor: consuming HostDescriptor) {
        self.descriptor = descriptor
    }

    func signal(_ number: Int32) throws(DriverError) {
        guard linux_pidfd_send_signal(descriptor.rawValue, number) == 0 || errno == ESRCH else {
            throw .system("cannot signal a process")
        }
    }

    /// Waits for the end; false when the time was over first.
    ///
    /// The end of a pid namespace's first process is the end of all processes in it: the kernel kills and awaits them
    /// before it reports this one.
    func waitForEnd(_ timeout: Duration) throws(DriverError) -> Bool {
        let deadline = ContinuousClock.now + timeout
        while true {
            var poller = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            let left = max(.zero, deadline - .now)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            let count = poll(&poller, 1, Int32(clamping: milliseconds))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("cannot wait for a process") }
            return count > 0
        }
    }

    /// Reaps the process in the background once it ends, if it is a child of ours.
    consuming func reapAtEnd() {
        let pidfd = descriptor.release()
        let source = DispatchSource.makeReadSource(fileDescriptor: pidfd, queue: .global())
        // The handler holds the source, which otherwise nobody would.
        source.setEventHandler {
            if launch_pidfd_reap(pidfd) != 0 { source.cancel() }
        }
        source.setCancelHandler { close(pidfd) }
        source.resume()
    }
}
