import Bus
import Glibc

/// How much of the disk the output of processes may take.
package enum OutputShare {
    /// Less than this is no use.
    package static let smallest: Int64 = 64 << 20

    /// What fits a disk with so many free bytes: with the other stream at most four fifths of it (rule 18).
    package static func fitting(free: Int64) -> Int64 {
        max(smallest, min(StreamSize.output, free / 5 * 4 - StreamSize.events))
    }

    /// What the first start chose.
    ///
    /// Chosen once: a stream whose limit sinks below what it holds drops its oldest messages, whatever its policy.
    static func kept(in directory: DataDirectory) throws(FleetError) -> Int64 {
        if let text = TextFile.read(directory.outputBytesRecord)?.trimmed, let bytes = Int64(text) { return bytes }
        var volume = statvfs()
        guard statvfs(directory.path, &volume) == 0 else {
            throw FleetError(.data, "Cannot tell how much room \(directory.path) has: \(lastSystemError()).")
        }
        let bytes = fitting(free: Int64(clamping: UInt64(volume.f_bavail) * UInt64(volume.f_frsize)))
        try TextFile.replace(directory.outputBytesRecord, with: "\(bytes)\n")
        return bytes
    }
}
