import ExecutionEngine
import Glibc

/// The highest epoch of a sandbox on disk, so that a keeper that was started again refuses what its predecessor refused.
struct FenceFile {
    struct Record: Equatable {
        var epoch: UInt64
        var sandbox: String
    }

    private static let heading = "sandfleet-fence-1"

    let path: String

    /// Nil when there is none yet; throws when there is one that says nothing.
    func read() throws(SystemError) -> Record? {
        let descriptor: Descriptor
        do {
            descriptor = try Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW))
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor.number, &bytes, bytes.count)
        guard count >= 0 else { throw .current }
        guard let record = Self.parse(bytes[..<count]) else { throw SystemError(code: EBADMSG) }
        return record
    }

    private static func parse(_ bytes: ArraySlice<UInt8>) -> Record? {
        guard bytes.last == UInt8(ascii: "\n") else { return nil }
        let fields = String(decoding: bytes.dropLast(), as: UTF8.self)
            .split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0] == heading, let epoch = UInt64(fields[1]) else { return nil }
        return Record(epoch: epoch, sandbox: String(fields[2]))
    }

    /// Replaces it, and returns once it would survive a power cut.
    func write(_ record: Record) throws(SystemError) {
        guard !record.sandbox.utf8.contains(UInt8(ascii: "\n")) else { throw .invalidArgument }
        let text = "\(Self.heading) \(record.epoch) \(record.sandbox)\n"
        let temporary = path + ".new"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        let file = try Descriptor(owning: open(temporary, flags, 0o600))
        guard Glibc.write(file.number, text, text.utf8.count) == text.utf8.count else {
            // A file system writes a part of so few bytes only when it has no room for the rest.
            throw SystemError(code: ENOSPC)
        }
        guard fsync(file.number) == 0, rename(temporary, path) == 0 else { throw .current }
        let directory = try Descriptor(owning: open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard fsync(directory.number) == 0 else { throw .current }
    }

    private var parent: String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
