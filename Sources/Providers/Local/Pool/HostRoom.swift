import Glibc
import ProviderKit

/// How much memory and disk the host has left.
struct HostRoom: Sendable {
    /// Bytes that can be had, and all there are.
    var memory: (left: UInt64, all: UInt64)
    var disk: (left: UInt64, all: UInt64)

    /// Less than a twentieth of either, or than this, is for boxes that somebody has asked for.
    private static let least: UInt64 = 256 << 20

    /// Why no box is made in advance now; nil when there is room.
    var shortage: String? {
        if Self.isShort(memory) { return "the host is short of memory" }
        if Self.isShort(disk) { return "the data directory is short of disk space" }
        return nil
    }

    private static func isShort(_ room: (left: UInt64, all: UInt64)) -> Bool {
        room.left < max(least, room.all / 20)
    }

    static func now(for directory: String) throws(DriverError) -> HostRoom {
        var disk = statvfs()
        guard statvfs(directory, &disk) == 0 else { throw .system("cannot tell how full the disk is") }
        let block = UInt64(disk.f_frsize)
        guard let memory = try memory(HostFile.text("/proc/meminfo") ?? "") else {
            throw DriverError(.transient, "the host does not tell how much memory it has left")
        }
        return HostRoom(memory: memory, disk: (UInt64(disk.f_bavail) * block, UInt64(disk.f_blocks) * block))
    }

    /// Reads `/proc/meminfo`.
    static func memory(_ text: String) -> (left: UInt64, all: UInt64)? {
        var values: [Substring: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == ":" || $0 == " " }
            if words.count > 1 { values[words[0]] = UInt64(words[1]) }
        }
        guard let left = values["MemAvailable"], let all = values["MemTotal"] else { return nil }
        return (left << 10, all << 10)
    }
}
