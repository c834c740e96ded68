import Glibc

/// One run of one program: process ids come again, and start times after a reboot.
struct ProcessIdentity: Sendable, Hashable {
    var pid: Int32
    /// Clock ticks since boot.
    var startTime: UInt64
    var bootID: String

    init(pid: Int32, startTime: UInt64, bootID: String) {
        self.pid = pid
        self.startTime = startTime
        self.bootID = bootID
    }

    /// The process that has this id now; nil when there is none, or only its remains.
    init?(pid: Int32) {
        guard let line = LocalFile.text("/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else { return nil }
        // The name before the bracket may hold anything; the state is the first field after it.
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let ticks = UInt64(fields[19]) else { return nil }
        self.init(pid: pid, startTime: ticks, bootID: Self.currentBoot)
    }

    static var currentBoot: String { LocalFile.line("/proc/sys/kernel/random/boot_id") ?? "unknown" }

    var isAlive: Bool { ProcessIdentity(pid: pid) == self }
}
