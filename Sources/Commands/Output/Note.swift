import Glibc

/// What a person should know while output goes on; on standard error, at once.
func note(_ text: String) {
    // A raw terminal does not go back to the line's begin by itself.
    let line = "sandfleet: \(text.printable)\(TerminalMode.shared.isRaw ? "\r\n" : "\n")"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
