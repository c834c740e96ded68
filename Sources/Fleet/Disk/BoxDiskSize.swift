import Glibc

/// How large the file system of boxes may become.
package enum BoxDiskSize: Sendable, Equatable {
    /// Four fifths of what is free when it is made.
    case share
    case bytes(Int64)
    /// Boxes lie in the data directory as it is.
    case none

    /// Smaller ones are of no use to btrfs.
    static let smallest: Int64 = 256 << 20

    /// Reads `auto`, `none`, or a number with K, M, G or T.
    package init?(_ text: String) {
        switch text {
        case "auto": self = .share
        case "none": self = .none
        default:
            let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
            guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()) else { return nil }
            let (bytes, overflows) = number.multipliedReportingOverflow(by: unit)
            guard !overflows, bytes >= Self.smallest else { return nil }
            self = .bytes(bytes)
        }
    }

    /// Nil when there should be none.
    func bytes(in folder: String) -> Int64? {
        switch self {
        case .none: return nil
        case .bytes(let bytes): return bytes
        case .share:
            var information = statvfs()
            guard statvfs(folder, &information) == 0 else { return nil }
            let free = Int64(clamping: information.f_bavail) * Int64(clamping: information.f_frsize)
            // Whole pages.
            return free / 5 * 4 & ~0xfff
        }
    }
}
