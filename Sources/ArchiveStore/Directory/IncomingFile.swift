import Glibc
import NIOCore

/// An object that is being written: a file without a place yet.
///
/// Its writer holds a lock on it that the kernel drops when the process dies, so whoever comes next can tell what is
/// abandoned from what is being written.
struct IncomingFile: ArchiveWriter {
    private let file: ArchiveFile
    private let path: String

    /// Makes a file of its own in the folder of what is being written.
    init(in folder: String, name: String) throws(ArchiveError) {
        while true {
            let path = "\(folder)/\(UInt64.random(in: .min ... .max))"
            let file = try ArchiveFile(path, flags: O_WRONLY | O_CREAT | O_EXCL, name: name)
            // Between the two calls a sweep may have taken it for abandoned, and removed it.
            guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0, try file.status().st_nlink > 0 else { continue }
            self.file = file
            self.path = path
            return
        }
    }

    func write(_ bytes: ByteBuffer) async throws {
        try Task.checkCancellation()
        try await ArchiveThreads.run { () throws(ArchiveError) in try file.write(bytes) }
    }

    /// Makes the contents durable; they have no name yet.
    func complete() throws(ArchiveError) -> Int64 {
        try file.sync()
        return Int64(try file.status().st_size)
    }

    /// Gives it its place; false when the folder is not there.
    func move(to target: String) throws(ArchiveError) -> Bool {
        if rename(path, target) == 0 { return true }
        guard errno == ENOENT else { throw .system("rename", file.name) }
        return false
    }

    func discard() {
        unlink(path)
    }

    /// Removes what writers have left that are dead.
    static func sweep(_ folder: String) throws(ArchiveError) {
        guard let entries = DirectoryEntries(folder) else { return }
        while let name = entries.next() {
            // One that has just been finished, or moved to its place.
            guard let file = try? ArchiveFile("\(folder)/\(name)", flags: O_RDWR, name: name) else { continue }
            if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 { unlink("\(folder)/\(name)") }
        }
    }
}
