package import Fleet
import FoundationEssentials
import Glibc

extension ChildProcess {
    /// Stops it in the middle of whatever it does, and returns once it stands still; `SIGCONT` wakes it.
    package func freeze() async throws {
        signal(SIGSTOP)
        // Its threads stop one after another: until the last has, it may still answer.
        try await eventually("\(pid) is frozen") {
            let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
            return tasks.allSatisfy { task in
                TextFile.read("/proc/\(pid)/task/\(task)/stat")?.contains(") T ") ?? true
            }
        }
    }
}
