import Glibc
import Model
import ProviderKit

/// Where one run of a worker keeps the boxes that wait: `pool/<run>`, with a lock that it holds as long as it lives.
///
/// Whoever finds the lock free knows that what lies there is nobody's.
final class PoolDirectory: Sendable {
    let path: String
    private let lock: FileLock

    static func lockPath(_ run: String) -> String { "\(run)/lock" }

    init(in configuration: LocalConfiguration) throws(DriverError) {
        for _ in 0..<3 {
            let path = "\(configuration.poolDirectory)/\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            try HostFile.makeDirectory(path)
            // Somebody who tidies may have taken the empty directory away just now.
            guard let lock = try? FileLock.attempt(Self.lockPath(path)) else { continue }
            self.path = path
            self.lock = lock
            return
        }
        throw DriverError(.transient, "cannot hold a directory for boxes that wait")
    }

    /// A name and a place for one more box, and a sandbox that there is not; the name is its control groups' too.
    func newBox() -> (id: BoxID, nobody: SandboxID, directory: BoxDirectory) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var generator = SystemRandomNumberGenerator()
        let milliseconds = UInt64(now.tv_sec) * 1_000 + UInt64(now.tv_nsec) / 1_000_000
        let id = BoxID(at: milliseconds, using: &generator)
        return (id, SandboxID(at: milliseconds, using: &generator), BoxDirectory(path: "\(path)/\(id)"))
    }

    /// Removes the directory of a run that has let go of all its boxes.
    func removeIfEmpty() {
        unlink(Self.lockPath(path))
        rmdir(path)
    }

    /// What lies in the directory of a run.
    static func boxes(in run: String) throws(DriverError) -> [BoxDirectory] {
        (try HostFile.names(in: run) ?? []).filter { BoxID($0) != nil }.map { BoxDirectory(path: "\(run)/\($0)") }
    }
}
