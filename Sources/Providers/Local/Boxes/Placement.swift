import Glibc
import Model
import ProviderKit

/// The stable name of one data directory: a box can be proven gone only where it was made.
enum Placement {
    static func load(from configuration: LocalConfiguration) throws(DriverError) -> String {
        let path = "\(configuration.dataDirectory)/placement"
        if let known = try read(path) { return known }
        let lock = try FileLock(waitingFor: "\(path).lock")
        _ = lock
        if let known = try read(path) { return known }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var generator = SystemRandomNumberGenerator()
        let milliseconds = UInt64(now.tv_sec) * 1_000 + UInt64(now.tv_nsec) / 1_000_000
        let fresh = BoxID(at: milliseconds, using: &generator).rawValue
        try HostFile.replace(path, with: fresh.utf8)
        return fresh
    }

    private static func read(_ path: String) throws(DriverError) -> String? {
        guard let text = try HostFile.text(path) else { return nil }
        // A damaged name is an error, never a reason to make up another: boxes would be taken for gone.
        guard BoxID(text) != nil else { throw DriverError(.transient, "the file `placement` is damaged") }
        return text
    }
}
