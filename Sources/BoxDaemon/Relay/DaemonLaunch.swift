import CLinux
import ExecutionEngine
import Glibc

/// Finds the daemon of a box, or starts it.
struct DaemonLaunch {
    private static let backlog: Int32 = 64

    private let options: RelayOptions

    init(_ options: RelayOptions) {
        self.options = options
    }

    /// A connection, and whether the daemon behind it was started for it.
    ///
    /// Several relays at once start one daemon: they take turns.
    func connect() throws(SystemError) -> (Descriptor, isFresh: Bool) {
        try make(options.directory, mode: 0o700)
        try make(options.directory + "/spool", mode: 0o700)
        let lock = try Descriptor(owning: open(options.directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
        while flock(lock.number, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .current }
        }
        return try withExtendedLifetime(lock) { () throws(SystemError) in
            if let socket = try connected() { return (socket, false) }
            try make(options.workspace, mode: 0o755)
            guard unlink(options.socket) == 0 || errno == ENOENT else { throw .current }
            try start(try Descriptor(owning: linux_listen(options.socket, Self.backlog)))
            return (try Descriptor(owning: linux_connect(options.socket)), true)
        }
    }

    /// Nil when nobody listens.
    private func connected() throws(SystemError) -> Descriptor? {
        while true {
            do {
                return try Descriptor(owning: linux_connect(options.socket))
            } catch {
                switch error.code {
                case ENOENT, ECONNREFUSED: return nil
                case EINTR: continue
                // The daemon lives and is busy.
                case EAGAIN: usleep(2000)
                default: throw error
                }
            }
        }
    }

    /// A keeper leaves the relay's session by itself, so that the end of that does not reach it.
    private func start(_ listener: Descriptor) throws(SystemError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Out of the way first: when it has the number already, dup2 would leave it closed on exec.
        let high = try Descriptor(owning: fcntl(listener.number, F_DUPFD_CLOEXEC, 10))
        posix_spawn_file_actions_adddup2(&actions, high.number, 3)
        // The relay's own are the provider's: holding them would keep its exec from ending.
        for number in Int32(0)..<3 {
            posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
        }
        var arguments = options.daemonArguments.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let result = withExtendedLifetime(high) {
            posix_spawn(&process, "/proc/self/exe", &actions, nil, &arguments, environ)
        }
        guard result == 0 else { throw SystemError(code: result) }
    }

    private func make(_ path: String, mode: mode_t) throws(SystemError) {
        var information = stat()
        if stat(path, &information) == 0 { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try make(String(path[..<slash]), mode: 0o755)
        }
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw .current }
    }
}
