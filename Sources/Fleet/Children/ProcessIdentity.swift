import Glibc

/// A process for certain: its pid with the time that it started at, since pids come again.
package struct ProcessIdentity: Sendable, Equatable {
    package let pid: Int32
    /// Clock ticks since boot.
    package let startTicks: UInt64
    package let boot: String

    /// The process that has this pid now; nil when there is none, or only its remains.
    package init?(pid: Int32) {
        guard let stat = TextFile.read("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        // The name before the bracket may hold anything; field 3, the state, is the first after it.
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let ticks = UInt64(fields[19]) else { return nil }
        self.init(pid: pid, startTicks: ticks, boot: Self.currentBoot)
    }

    /// Reads what ``text`` wrote.
    package init?(text: String) {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 3, let pid = Int32(fields[0]), let ticks = UInt64(fields[1]) else { return nil }
        self.init(pid: pid, startTicks: ticks, boot: String(fields[2]))
    }

    private init(pid: Int32, startTicks: UInt64, boot: String) {
        self.pid = pid
        self.startTicks = startTicks
        self.boot = boot
    }

    package var text: String { "\(pid) \(startTicks) \(boot)\n" }

    package var isAlive: Bool { ProcessIdentity(pid: pid) == self }

    private static var currentBoot: String {
        TextFile.read("/proc/sys/kernel/random/boot_id")?.trimmed ?? "unknown"
    }

    /// Ends a process that is not our child: asks with `signal`, and insists after `grace`.
    ///
    /// Gives up on one that the kernel does not end within half a minute after that.
    package func end(with signal: Int32, grace: Duration) async {
        guard isAlive else { return }
        kill(pid, signal)
        guard await !isGone(within: grace) else { return }
        kill(pid, SIGKILL)
        _ = await isGone(within: .seconds(30))
    }

    /// It is nobody's to wait for any more, so look.
    private func isGone(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        let never = OneShot<Void>()
        while isAlive {
            guard ContinuousClock.now < deadline else { return false }
            _ = await never.wait(for: .milliseconds(20))
        }
        return true
    }
}
