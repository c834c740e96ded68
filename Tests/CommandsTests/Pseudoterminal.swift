import Foundation
import Glibc
import Testing

/// A terminal without a screen: the program has one end, the test the other.
struct Pseudoterminal {
    /// TIOCSPTLCK and TIOCGPTN, which are macros that Swift does not see.
    private static let lock: UInt = 0x4004_5431
    private static let number: UInt = 0x8004_5430

    let keeper: FileHandle
    let program: FileHandle

    init(rows: UInt16 = 24, columns: UInt16 = 80) throws {
        let main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(main >= 0)
        keeper = FileHandle(fileDescriptor: main, closeOnDealloc: true)
        var isLocked: Int32 = 0
        var number: Int32 = 0
        try #require(ioctl(main, Self.lock, &isLocked) == 0 && ioctl(main, Self.number, &number) == 0)
        let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(other >= 0)
        program = FileHandle(fileDescriptor: other, closeOnDealloc: true)
        try resize(rows: rows, columns: columns)
    }

    func resize(rows: UInt16, columns: UInt16) throws {
        var window = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(keeper.fileDescriptor, UInt(TIOCSWINSZ), &window) == 0)
    }

    /// Types keys.
    func type(_ text: String) throws {
        try keeper.write(contentsOf: Data(text.utf8))
    }

    /// Whether lines are edited and echoed, and keys make signals, as it was at first.
    var isAsFound: Bool {
        get throws {
            var mode = termios()
            try #require(tcgetattr(program.fileDescriptor, &mode) == 0)
            let wanted = tcflag_t(ICANON | ECHO | ISIG)
            return mode.c_lflag & wanted == wanted && mode.c_oflag & tcflag_t(OPOST) != 0
        }
    }
}
