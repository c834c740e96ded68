import Model

/// The names of signals that callers may use.
enum SignalName {
    /// Linux's, by number from 1.
    static let all = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH",
        "IO",
        "PWR", "SYS",
    ]

    /// The name as it is kept, `TERM`, of what a caller wrote: `TERM`, `SIGTERM`, `sigterm`.
    static func canonical(_ text: String) -> String? {
        let name = text.uppercased()
        let short = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
        return all.contains(short) ? short : nil
    }

    static func read(_ name: String, _ reader: inout JSONObjectReader) throws(Fault) -> String {
        let text = try reader.string(try reader.required(name), name, in: 1...64)
        guard let signal = canonical(text) else {
            throw reader.invalid(name, "has to be one of \(all.joined(separator: ", "))")
        }
        return signal
    }
}
