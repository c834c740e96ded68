import Glibc
import ProviderKit

/// What is left for a moment of a box whose processes are dead: bubblewrap, which takes its mounts down, and its control groups.
///
/// Nothing of it can change a file. With an overlay goes a sync of the whole file system below it: who does not mount the
/// files again has no need to wait for that.
struct BoxRemains: Sendable {
    private let bubblewrap: ProcessIdentity?
    private let groups: BoxGroup?
    /// A box that is started meanwhile has new groups of the same names.
    private let inodes: [String: ino_t]

    /// Nil when nothing is left.
    init?(of bubblewrap: ProcessIdentity?, _ groups: BoxGroup?) {
        inodes = (groups?.directories ?? []).reduce(into: [:]) { $0[$1] = HostFile.status($1)?.st_ino }
        guard bubblewrap != nil || !inodes.isEmpty else { return nil }
        self.bubblewrap = bubblewrap
        self.groups = groups
    }

    /// Waits until bubblewrap has ended, and removes the groups; more than once is as good as once.
    func clear() throws(DriverError) {
        if let hold = try bubblewrap?.hold() {
            // It reaps the box's dead first process and ends by itself. Were it killed at that moment, that would fall to
            // the host's first process, which in a container may never reap anything.
            if try !hold.waitForEnd(.seconds(1)) { try BoxLauncher.abandon(bubblewrap, nil) }
        }
        // The kernel lets go of a dead process a moment after it has reported its death.
        for attempt in 0..<200 {
            guard let rest = groups?.filter({ inodes[$0] == HostFile.status($0)?.st_ino }), !rest.remove() else {
                return
            }
            if attempt == 0 { _ = try? rest.kill() }
            usleep(1_000)
        }
    }
}
