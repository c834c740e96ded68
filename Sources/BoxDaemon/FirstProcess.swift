import Glibc

/// `boxd init`: the first process of a container, of which nothing is asked but to be there.
///
/// It adopts whatever loses its parent, and reaps it. Told to end, it has everything else end first: with it the kernel kills
/// what is left.
enum FirstProcess {
    static func run() -> Never {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGCHLD, SIGTERM, SIGINT] { sigaddset(&signals, signal) }
        // Blocked, they wait for us; as the first process we would not get them otherwise.
        guard sigprocmask(SIG_BLOCK, &signals, nil) == 0 else { exit(errno) }
        var isEnding = false
        while true {
            let hasChildren = reap()
            if isEnding, !hasChildren { exit(EXIT_SUCCESS) }
            var signal: Int32 = 0
            guard sigwait(&signals, &signal) == 0 else { continue }
            if signal == SIGTERM || signal == SIGINT, !isEnding {
                isEnding = true
                // Everybody but ourselves.
                kill(-1, SIGTERM)
            }
        }
    }

    /// Returns whether there are children that live.
    private static func reap() -> Bool {
        while true {
            let child = waitpid(-1, nil, WNOHANG)
            if child == 0 { return true }
            if child < 0, errno != EINTR { return false }
        }
    }
}
