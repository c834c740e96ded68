import CLinux
import ExecutionEngine
import Glibc

/// Makes the daemon's process safe to share a box with code that nobody trusts.
enum Hardening {
    /// Leaves these, and three that lead nowhere.
    static func closeDescriptors(keeping descriptors: [Int32]) throws(SystemError) {
        // The launcher's descriptors must not be there for the box's processes to find.
        var first: UInt32 = 3
        for kept in descriptors.sorted() {
            guard first == kept || linux_close_range(first, UInt32(kept) - 1) == 0,
                fcntl(kept, F_SETFD, FD_CLOEXEC) == 0
            else { throw .current }
            first = UInt32(kept) + 1
        }
        guard linux_close_range(first, UInt32.max) == 0 else { throw .current }
        let null = try Descriptor.null()
        for number in 0..<Int32(3) where dup2(null.number, number) < 0 {
            throw .current
        }
    }

    /// Before anything runs that may want to look into it.
    static func becomeOpaque() throws(SystemError) {
        guard linux_become_opaque() == 0, linux_become_subreaper() == 0, linux_ignore_signal(SIGPIPE) == 0 else {
            throw .current
        }
        umask(0o022)
    }

    /// Leaves whatever session, terminal and directory the daemon was started in, so that their end does not touch it.
    static func becomeIndependent() throws(SystemError) {
        // Refused to whoever leads one already.
        setsid()
        guard linux_ignore_signal(SIGHUP) == 0, linux_ignore_signal(SIGINT) == 0, chdir("/") == 0 else {
            throw .current
        }
    }
}
