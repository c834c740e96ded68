import Glibc

/// Keeps a second run off the same machine.
///
/// The kernel lets go of it when the process ends, however it ends.
final class InstanceLock: Sendable {
    private let descriptor: Int32

    init(_ paths: AgentPaths) throws(AgentError) {
        // Closed on exec: a keeper that had it would hold it beyond our end.
        let descriptor = open(paths.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("Cannot open \(paths.lock)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let holder = Self.holder(paths).map { " (process \($0))" } ?? ""
            throw AgentError(
                .alreadyRunning,
                "An agent is already running on this machine\(holder).",
                advice: "See `agent status`. Stop that one first, if this one is to run."
            )
        }
        self.descriptor = descriptor
        ftruncate(descriptor, 0)
        _ = LocalFile.writeAll(descriptor, Array("\(getpid())\n".utf8))
    }

    /// The process that runs; nil when none does.
    static func holder(_ paths: AgentPaths) -> Int32? {
        let descriptor = open(paths.lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return LocalFile.line(paths.lock).flatMap { Int32($0) }
    }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }
}
