/// The names of Linux's signals.
public enum ProcessSignal {
    /// All names, without `SIG`, by their numbers.
    public static let names: [String] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH",
        "IO",
        "PWR", "SYS",
    ]

    /// The number of a signal by its name, with or without `SIG`, or by its digits.
    public static func number(_ name: String) -> Int? {
        let plain = name.uppercased().hasPrefix("SIG") ? name.uppercased().dropFirst(3)[...] : name.uppercased()[...]
        if let number = Int(plain) { return number }
        return names.firstIndex(of: String(plain)).map { $0 + 1 }
    }
}
