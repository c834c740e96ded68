import CLinux
import Glibc
import ProviderKit

/// A box whose processes, its first one included, stand still (rule 12).
///
/// A guard process thaws it when the time is over, and at once when this process dies.
struct BoxFreeze: ~Copyable {
    /// How long a box may stand still.
    static let limit: Duration = .seconds(5)

    private let group: String
    private let guardian: Guardian
    let deadline: ContinuousClock.Instant

    /// Returns once nothing in the box runs any more: what its programs have written is in their files.
    init(_ group: BoxGroup, guard daemonPath: String, for limit: Duration = Self.limit) throws(DriverError) {
        guard let unified = group.unified, HostFile.status("\(unified)/cgroup.freeze") != nil else {
            throw DriverError(.unsupported, "a running box can be frozen only in a cgroup2 group, which it has not")
        }
        let deadline = ContinuousClock.now + limit
        let guardian = try Guardian.start(daemonPath, unified, limit)
        do throws(DriverError) {
            try HostFile.write("\(unified)/cgroup.freeze", "1".utf8)
            try Self.waitUntilFrozen(unified, deadline)
        } catch {
            try? Self.thaw(unified)
            guardian.end()
            throw error
        }
        self.init(group: unified, guardian: guardian, deadline: deadline)
    }

    private init(group: String, guardian: consuming Guardian, deadline: ContinuousClock.Instant) {
        self.group = group
        self.guardian = guardian
        self.deadline = deadline
    }

    /// Whether it has stood still all the time until now.
    func holds() throws(DriverError) -> Bool {
        try HostFile.text("\(group)/cgroup.freeze")?.first == "1"
    }

    /// Lets the box go on.
    consuming func thaw() throws(DriverError) {
        let group = group
        let result = Result { () throws(DriverError) in try Self.thaw(group) }
        // Not left behind: it must not thaw the next freeze.
        guardian.end()
        try result.get()
    }

    /// Thaws what somebody who died with its guard has left frozen; the box's lock is held.
    static func undo(_ group: BoxGroup?) throws(DriverError) {
        guard let unified = group?.unified, try HostFile.text("\(unified)/cgroup.freeze")?.first == "1" else { return }
        try thaw(unified)
    }

    private static func thaw(_ group: String) throws(DriverError) {
        try HostFile.write("\(group)/cgroup.freeze", "0".utf8)
    }

    private static func waitUntilFrozen(
        _ group: String,
        _ deadline: ContinuousClock.Instant
    ) throws(DriverError) {
        var pause: UInt32 = 50
        while try HostFile.text("\(group)/cgroup.events")?.contains("frozen 1") != true {
            guard ContinuousClock.now < deadline else { throw DriverError(.timeout, "the box does not stand still") }
            usleep(pause)
            pause = min(2 * pause, 5_000)
        }
    }
}
