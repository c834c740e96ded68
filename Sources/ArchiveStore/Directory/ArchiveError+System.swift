import Glibc

extension ArchiveError {
    /// The failure of the system call that this thread made last.
    static func system(_ call: String, _ name: String, _ number: Int32 = errno) -> ArchiveError {
        let code: Code =
            switch number {
            case ENOENT, ENOTDIR: .notFound
            case ENOSPC, EDQUOT: .full
            default: .unavailable
            }
        return ArchiveError(code, "\(call) \(name): \(String(cString: strerror(number)))")
    }
}
