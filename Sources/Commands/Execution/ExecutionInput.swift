import Glibc

/// Whether this program's standard input is a command's.
enum ExecutionInput {
    /// What is piped in is; what a person types only where it was asked for; nothing is nothing.
    static func isGiven(asked: Bool?, hasTerminal: Bool) -> Bool {
        if let asked { return asked }
        return hasTerminal || isPiped
    }

    private static var isPiped: Bool {
        if isatty(STDIN_FILENO) == 1 { return false }
        var input = stat()
        var nothing = stat()
        // Not open at all.
        guard fstat(STDIN_FILENO, &input) == 0 else { return false }
        guard stat("/dev/null", &nothing) == 0, input.st_mode & S_IFMT == S_IFCHR else { return true }
        return input.st_rdev != nothing.st_rdev
    }
}
