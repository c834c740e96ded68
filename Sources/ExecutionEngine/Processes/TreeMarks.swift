import CLinux

/// Numbers by which the members of a tree are known whatever they do to their session, parent and environment.
///
/// They are the limit of file locks that a process starts with, which Linux hands on to every child, shows to everybody and has
/// not looked at since version 2.4.
struct TreeMarks {
    private static let title = Array("Max file locks".utf8)

    private var next: UInt64

    /// Nil where somebody has set this limit so low that it would run out.
    init?() {
        // Below a limit that was inherited: nobody may raise it.
        next = min(linux_lock_limit(), 1 << 62)
        guard next > 1 << 32 else { return nil }
    }

    mutating func take() -> UInt64 {
        next -= 1
        return next
    }

    static func isMarked(_ process: Int32, with mark: UInt64) -> Bool {
        guard let bytes = ProcFile.read("/proc/\(process)/limits"),
            let line = bytes.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: title) })
        else { return false }
        let fields = line.dropFirst(title.count).split(separator: UInt8(ascii: " "))
        return fields.count > 1 && fields[1].elementsEqual("\(mark)".utf8)
    }
}
