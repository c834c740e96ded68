import CLinux
import Glibc
import NIOConcurrencyHelpers

/// The processes of keepers, as the kernel knows them.
///
/// For threads that may block: the end of a process that is not our child is nobody's to wait for.
enum KeeperProcesses {
    /// The living process of a record.
    ///
    /// A record without one is the intent of an agent that died while it started the keeper; then the process is looked
    /// for by the path of its fence, which is on no other command line.
    static func find(_ record: KeeperRecord, fence: String) -> ProcessIdentity? {
        guard record.bootID == ProcessIdentity.currentBoot else { return nil }
        if let process = record.process { return process.isAlive ? process : nil }
        return find(fence: fence)
    }

    /// The living keeper with this fence, whatever is on record of it.
    static func find(fence: String) -> ProcessIdentity? {
        // Bubblewrap names it too, and is older than what it runs.
        LocalFile.names(in: "/proc").compactMap { Int32($0) }
            .filter { LocalFile.text("/proc/\($0)/cmdline")?.contains("--fence\0\(fence)\0") ?? false }
            .compactMap { ProcessIdentity(pid: $0) }
            .min { ($0.startTime, $0.pid) < ($1.startTime, $1.pid) }
    }

    /// Whether what stands in a keeper's place is bubblewrap, whose child the keeper is.
    static func isIsolated(_ process: ProcessIdentity) -> Bool {
        LocalFile.text("/proc/\(process.pid)/cmdline")?.split(separator: "\0").first?.hasSuffix("bwrap") ?? false
    }

    private static func kill(_ process: ProcessIdentity) {
        let descriptor = linux_pidfd_open(process.pid)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Looked at with the hold in hand, so that the id cannot pass on in between.
        if process.isAlive { linux_pidfd_send_signal(descriptor, SIGKILL) }
    }

    private static func descendants(of pid: Int32) -> [Int32] {
        children(of: pid).flatMap { [$0] + descendants(of: $0) }
    }

    private static func children(of pid: Int32) -> [Int32] {
        (LocalFile.text("/proc/\(pid)/task/\(pid)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
    }

    /// Takes the remains of a keeper that this run of the agent has started; how it ended, if it has.
    static func reap(_ pid: Int32) -> Int32? {
        var status: Int32 = 0
        while true {
            let result = waitpid(pid, &status, WNOHANG)
            if result == pid { return linux_exit_code(status) }
            guard result < 0, errno == EINTR else { return nil }
        }
    }

    /// How long what was killed may take to be gone.
    private static let killPatience = Duration.seconds(5)

    /// Asks a keeper to end what it holds and then itself; what is left after the grace is killed.
    ///
    /// A keeper goes last: as long as something of it cannot be killed, it stays, so that the next who asks finds both.
    ///
    /// - Returns: What is still there, and hangs in the kernel or is not ours to kill.
    static func end(_ process: ProcessIdentity, isIsolated: Bool, grace: Duration) -> [Int32] {
        // Whose keeper ends before them are nobody's children afterwards.
        var held = Set(descendants(of: process.pid).compactMap { ProcessIdentity(pid: $0) })
        // Bubblewrap would die of the signal and leave the keeper, which is its child.
        let keeper = isIsolated ? children(of: process.pid).first : process.pid
        if let keeper, process.isAlive { Glibc.kill(keeper, SIGTERM) }
        let graceEnd = ContinuousClock.now + grace
        while process.isAlive, ContinuousClock.now < graceEnd {
            _ = reap(process.pid)
            usleep(10_000)
        }
        let deadline = ContinuousClock.now + killPatience
        while true {
            held.formUnion(descendants(of: process.pid).compactMap { ProcessIdentity(pid: $0) })
            held = held.filter(\.isAlive)
            for one in held { kill(one) }
            if held.isEmpty { kill(process) }
            _ = reap(process.pid)
            let isKeeperLeft = process.isAlive
            guard isKeeperLeft || !held.isEmpty else { return [] }
            guard ContinuousClock.now < deadline else {
                return ((isKeeperLeft ? [process.pid] : []) + held.map(\.pid)).sorted()
            }
            usleep(10_000)
        }
    }
}
