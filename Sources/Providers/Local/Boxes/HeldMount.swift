import Glibc
import NIOConcurrencyHelpers

/// Keeps a box's overlay mounted after its processes have died.
///
/// With an overlay goes a sync of the whole file system below it, which what is done there meanwhile would have to wait for.
final class HeldMount: Sendable {
    private let descriptor: NIOLockedValueBox<Int32>

    /// Nil when the process is no more.
    init?(rootOf process: ProcessIdentity) {
        let descriptor = open("/proc/\(process.pid)/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        self.descriptor = NIOLockedValueBox(descriptor)
    }

    deinit { letGo() }

    /// The kernel unmounts it now, unless something else still keeps it.
    func letGo() {
        let descriptor = descriptor.withLockedValue { value in
            defer { value = -1 }
            return value
        }
        if descriptor >= 0 { close(descriptor) }
    }
}
