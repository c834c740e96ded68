import CLinux
import Glibc
import ProviderKit

/// Copies the bytes of files: shared where the file system can, else without the holes.
struct FileCopy {
    private var clones = true

    /// - Returns: The new file, open for writing, with its extended attributes and without its owner and mode.
    mutating func copy(_ name: [CChar], from: Int32, into: Int32, size: Int64) throws(DriverError) -> HostDescriptor {
        let source = HostDescriptor(openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC))
        guard source.rawValue >= 0 else { throw .system("cannot open a file") }
        let target = HostDescriptor(openat(into, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
        guard target.rawValue >= 0 else { throw .system("cannot make a file") }
        if size > 0 {
            if clones, linux_clone_file(target.rawValue, source.rawValue) != 0 { clones = false }
            if !clones { try copyExtents(source.rawValue, target.rawValue, size) }
        }
        try ExtendedAttributes.copy(from: source.rawValue, to: target.rawValue)
        return target
    }

    private func copyExtents(_ source: Int32, _ target: Int32, _ size: Int64) throws(DriverError) {
        guard ftruncate(target, off_t(size)) == 0 else { throw .system("cannot copy a file") }
        var position: Int64 = 0
        while position < size {
            let start = linux_seek_data(source, position)
            if start < 0, errno == ENXIO { return }
            guard start >= 0 else { throw .system("cannot copy a file") }
            let end = linux_seek_hole(source, start)
            guard end > start else { throw .system("cannot copy a file") }
            try copyBytes(source, target, start..<min(end, size))
            position = end
        }
    }

    private func copyBytes(_ source: Int32, _ target: Int32, _ range: Range<Int64>) throws(DriverError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let count = linux_copy_range(source, target, position, Int(range.upperBound - position))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("cannot copy a file") }
            // Shorter than it was a moment ago.
            guard count > 0 else { return }
            position += Int64(count)
        }
    }
}
