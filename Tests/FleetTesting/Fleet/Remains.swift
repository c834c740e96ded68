import Fleet
import FoundationEssentials
import Glibc

/// What a fleet may leave behind on its machine: processes, mounts, control groups.
package struct Remains: Sendable {
    /// The data directory; every process of a fleet names it, or works below it.
    package let data: String
    package let fleet: String?

    package init(data: String, fleet: String?) {
        self.data = data
        self.fleet = fleet
    }

    /// Waits until nothing is left, and throws a list of what stays.
    package func vanish(within limit: Duration = .seconds(10)) async throws {
        let deadline = ContinuousClock.now + limit
        while true {
            let found = all
            if found.isEmpty { return }
            guard ContinuousClock.now < deadline else {
                throw FixtureError("left behind by the fleet in \(data):\n" + found.joined(separator: "\n"))
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    package var all: [String] { processes + mounts + controlGroups }

    package var processes: [String] {
        names("/proc").compactMap { Int32($0) }.filter(belongs)
            .map { pid in
                let command = TextFile.read("/proc/\(pid)/cmdline") ?? ""
                return "process \(pid): " + command.replacing("\0", with: " ").trimmed
            }
    }

    /// Whether a process is of this fleet: its services, its boxes, or `up` itself.
    ///
    /// A zombie shows nothing and does not count.
    private func belongs(_ pid: Int32) -> Bool {
        if TextFile.read("/proc/\(pid)/cmdline")?.contains(data) ?? false { return true }
        if TextFile.read("/proc/\(pid)/environ")?.contains(data) ?? false { return true }
        // Processes of Postgres write their titles over both, and stay in their cluster's directory.
        let directory = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
        return directory?.hasPrefix(data) ?? false
    }

    package var mounts: [String] {
        (TextFile.read("/proc/self/mounts") ?? "").split(separator: "\n").filter { $0.contains(data) }
            .map { "mount \($0)" }
    }

    package var controlGroups: [String] {
        guard let fleet else { return [] }
        return folders(below: "/sys/fs/cgroup").filter { $0.contains(fleet) }.map { "cgroup \($0)" }
    }

    private func folders(below root: String) -> [String] {
        names(root).map { "\(root)/\($0)" }
            .flatMap { path -> [String] in
                var status = stat()
                guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
                return [path] + folders(below: path)
            }
    }

    private func names(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
