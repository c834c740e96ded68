import Glibc

/// Keeps a second `up` off the same data.
///
/// The kernel drops it when we die, however we die.
package final class DataDirectoryLock: Sendable {
    private let descriptor: Int32

    package init(_ directory: DataDirectory) throws(FleetError) {
        // Close-on-exec: a child that inherited it would hold the lock beyond our death.
        let descriptor = open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FleetError(.notPermitted, "Cannot open \(directory.lock): \(lastSystemError()).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let holder = TextFile.read(directory.lock)?.trimmed ?? ""
            throw FleetError(
                .alreadyRunning,
                "A fleet is already running on \(directory.path)\(holder.isEmpty ? "" : " (process \(holder))").",
                advice: "Use that one, stop it first, or name another directory with --data."
            )
        }
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n"
        _ = text.withCString { write(descriptor, $0, strlen($0)) }
        self.descriptor = descriptor
    }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }
}
