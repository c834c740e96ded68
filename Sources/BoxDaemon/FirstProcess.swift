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
        while true {
            reap()
            let signal = sigwaitinfo(&signals, nil)
            if signal == SIGTERM || signal == SIGINT { end(&signals) }
        }
    }

    /// Tells everybody else to end, and waits until nobody is left; whoever told us has more force, and a limit.
    private static func end(_ signals: inout sigset_t) -> Never {
        kill(-1, SIGTERM)
        var pause = timespec(tv_sec: 0, tv_nsec: 50_000_000)
        while true {
            reap()
            // What was started from outside is nobody's child here, so that its end is not told.
            if kill(-1, 0) != 0 { exit(EXIT_SUCCESS) }
            sigtimedwait(&signals, nil, &pause)
        }
    }

    private static func reap() {
        while true {
            let child = waitpid(-1, nil, WNOHANG)
            if child == 0 || (child < 0 && errno != EINTR) { return }
        }
    }
}
