import CLinux
import Glibc
import NIOConcurrencyHelpers
import ProviderKit

/// One run of one program: a process id alone comes back after a while, and every start time after a reboot.
struct ProcessIdentity: Sendable, Hashable, Codable {
    var pid: Int32
    /// Clock ticks since boot.
    var startTime: UInt64
    var bootID: String

    /// The identity of a live process; nil when there is none, or only its remains.
    static func of(pid: Int32) throws(DriverError) -> ProcessIdentity? {
        guard let line = try HostFile.text("/proc/\(pid)/stat") else { return nil }
        guard let fields = parse(line), fields.pid == pid, !fields.isDead else { return nil }
        return ProcessIdentity(pid: pid, startTime: fields.startTime, bootID: try currentBootID())
    }

    /// Reads a line of `/proc/<pid>/stat`.
    ///
    /// The program's name in it may hold anything, parentheses too.
    static func parse(_ line: String) -> (pid: Int32, startTime: UInt64, isDead: Bool)? {
        guard let end = line.lastIndex(of: ")"), let pid = line.split(separator: " ").first.flatMap({ Int32($0) })
        else {
            return nil
        }
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let startTime = UInt64(fields[19]) else { return nil }
        return (pid, startTime, fields[0] == "Z" || fields[0] == "X")
    }

    /// Read once: no process outlives the host.
    private static let knownBootID = NIOLockedValueBox<String?>(nil)

    static func currentBootID() throws(DriverError) -> String {
        if let known = knownBootID.withLockedValue({ $0 }) { return known }
        let text = try HostFile.text("/proc/sys/kernel/random/boot_id")
        let read = text?.split(separator: "\n").first.map(String.init) ?? ""
        if !read.isEmpty { knownBootID.withLockedValue { $0 = read } }
        return read
    }

    /// A hold on the process; nil when it is dead.
    ///
    /// What the hold signals is this process and never a later one.
    func hold() throws(DriverError) -> ProcessHold? {
        guard try Self.currentBootID() == bootID else { return nil }
        let descriptor = HostDescriptor(linux_pidfd_open(pid))
        guard descriptor.rawValue >= 0 else {
            if errno == ESRCH { return nil }
            throw .system("cannot hold a process")
        }
        // Looked at with the hold in hand, so that the id cannot pass on in between.
        guard let now = try Self.of(pid: pid), now.startTime == startTime else { return nil }
        return ProcessHold(descriptor)
    }
}
