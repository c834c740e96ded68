import CLinux
import Glibc

/// Keeps a box from staying frozen when whoever froze it dies: `boxd --thaw-within <milliseconds>`.
///
/// A process of the host, outside the box, started before the freeze. Its standard output is the freezer's file; its standard
/// input is a pipe that whoever freezes keeps open.
enum ThawGuard {
    static let option = "--thaw-within"

    /// Thaws once the pipe is closed, or the time is over.
    static func run(_ argument: String?) -> Never {
        guard let milliseconds = argument.flatMap(Int32.init), milliseconds > 0 else { exit(EX_USAGE) }
        // A service manager that ends everything together must not leave the box frozen.
        var signals = sigset_t()
        sigfillset(&signals)
        sigprocmask(SIG_SETMASK, &signals, nil)
        var pipe = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        while poll(&pipe, 1, milliseconds) < 0, errno == EINTR {}
        exit(write(1, "0", 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE)
    }
}
