import Glibc
import ProviderKit

extension BoxLauncher {
    /// Kills whatever a launch that did not come to its end has left: bubblewrap, and the first process that waits.
    static func abandon(_ directory: BoxDirectory, _ group: BoxGroup?) throws(DriverError) {
        try abandon(try bubblewrap(directory), group)
    }

    static func abandon(_ outer: ProcessIdentity?, _ group: BoxGroup?) throws(DriverError) {
        _ = try group?.kill()
        guard let outer, let hold = try outer.hold() else { return }
        // The child first: it would outlive bubblewrap.
        let children = try HostFile.text("/proc/\(outer.pid)/task/\(outer.pid)/children") ?? ""
        for child in children.split(separator: " ").compactMap({ Int32($0) }) {
            guard let hold = try ProcessIdentity.of(pid: child)?.hold() else { continue }
            try hold.signal(SIGKILL)
            guard try hold.waitForEnd(.seconds(10)) else {
                throw DriverError(.timeout, "the box's process does not end")
            }
        }
        try hold.signal(SIGKILL)
        guard try hold.waitForEnd(.seconds(10)) else { throw DriverError(.timeout, "bubblewrap does not end") }
    }

    /// Bubblewrap as it was born for the box's last launch; nil when it never was.
    static func bubblewrap(_ directory: BoxDirectory) throws(DriverError) -> ProcessIdentity? {
        guard let line = try HostFile.text(directory.birth), let born = ProcessIdentity.parse(line) else { return nil }
        return ProcessIdentity(
            pid: born.pid,
            startTime: born.startTime,
            bootID: try ProcessIdentity.currentBootID()
        )
    }
}
