import CLinux
import Glibc

/// How soon programs die when memory is short, if not as soon as the process that starts them.
package struct ShortageScore {
    /// This process's own `oom_score_adj`.
    let file: Descriptor
    let own: String
    let programs: String

    /// Nil when programs have this score anyway, because they inherit it.
    ///
    /// Asked for before the process becomes opaque, after which it may not open its own file.
    package init?(ofPrograms score: UInt) throws(SystemError) {
        file = try Descriptor(owning: open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC))
        own = String(decoding: try ProcFile.contents(of: file).prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
        programs = "\(score)"
        if own == programs { return nil }
    }
}
