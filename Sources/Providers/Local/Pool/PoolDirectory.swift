import Glibc
import Model
import NIOConcurrencyHelpers
import ProviderKit

/// Where one run of a worker keeps the boxes that wait: `pool/<run>`, made when it is needed, with a lock that it holds as long as
/// it lives.
///
/// Whoever finds the lock free knows that what lies there is nobody's.
final class PoolDirectory: Sendable {
    private let parent: String
    private let run = NIOLockedValueBox<Run?>(nil)

    private final class Run: Sendable {
        let path: String
        let lock: FileLock

        init(path: String, lock: consuming FileLock) {
            self.path = path
            self.lock = lock
        }
    }

    static func lockPath(_ run: String) -> String { "\(run)/lock" }

    init(in configuration: LocalConfiguration) {
        parent = configuration.poolDirectory
    }

    /// A name and a place for one more box, and a sandbox that there is not; the name is its control groups' too.
    func newBox() throws(DriverError) -> (id: BoxID, nobody: SandboxID, directory: BoxDirectory) {
        let path = try open().path
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var generator = SystemRandomNumberGenerator()
        let milliseconds = UInt64(now.tv_sec) * 1_000 + UInt64(now.tv_nsec) / 1_000_000
        let id = BoxID(at: milliseconds, using: &generator)
        return (id, SandboxID(at: milliseconds, using: &generator), BoxDirectory(path: "\(path)/\(id)"))
    }

    private func open() throws(DriverError) -> Run {
        let result = run.withLockedValue { run -> Result<Run, DriverError> in
            if let run { return .success(run) }
            return Result { () throws(DriverError) in
                let made = try make()
                run = made
                return made
            }
        }
        return try result.get()
    }

    private func make() throws(DriverError) -> Run {
        for _ in 0..<3 {
            let path = "\(parent)/\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            try HostFile.makeDirectory(path)
            // Somebody who tidies may have taken the empty directory away just now.
            if let lock = try? FileLock.attempt(Self.lockPath(path)) { return Run(path: path, lock: lock) }
        }
        throw DriverError(.transient, "cannot hold a directory for boxes that wait")
    }

    /// Removes the directory of a run that has let go of all its boxes.
    func removeIfEmpty() {
        run.withLockedValue { run in
            guard let path = run?.path else { return }
            unlink(Self.lockPath(path))
            rmdir(path)
            run = nil
        }
    }

    /// What lies in the directory of a run.
    static func boxes(in run: String) throws(DriverError) -> [BoxDirectory] {
        (try HostFile.names(in: run) ?? []).filter { BoxID($0) != nil }.map { BoxDirectory(path: "\(run)/\($0)") }
    }
}
