import Glibc

/// A file that is written beside its final place, and moved there when it is whole.
///
/// A reader of the final path sees the old file or the new one, never a part.
package final class AtomicFile {
    package let descriptor: Descriptor
    private let path: FilePath
    private let temporary: FilePath
    private let previousMode: UInt32?
    private var isPending = true

    /// Through a symbolic link the file that it points to is replaced.
    package init(replacing requested: FilePath, createParents: Bool) throws(SystemError) {
        if createParents {
            try DirectoryCreation.create(requested.parent, parents: true, mode: 0o755)
        }
        guard requested.string.utf8.last != UInt8(ascii: "/") else { throw SystemError(code: EISDIR) }
        let existing = try? FileStatus(of: requested, followingLinks: true)
        if existing?.kind == .directory {
            throw SystemError(code: EISDIR)
        }
        path = existing == nil ? requested : requested.resolved ?? requested
        previousMode = existing?.kind == .regular ? existing?.mode : nil
        temporary = path.parent.appending(".sandfleet-\(String(UInt64.random(in: .min ... .max), radix: 36)).partial")
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        descriptor = try Descriptor(owning: open(temporary.string, flags, 0o600))
    }

    deinit {
        discard()
    }

    /// The number of bytes in it now.
    package func size() throws(SystemError) -> UInt64 {
        try FileStatus(of: descriptor).size
    }

    /// Puts the file in its place.
    ///
    /// Without a mode it takes that of the file it replaces, or 0644.
    package func commit(mode: UInt32?) throws(SystemError) -> FileStatus {
        guard isPending else { throw SystemError(code: EBADF) }
        guard fchmod(descriptor.number, (mode ?? previousMode ?? 0o644) & 0o7777) == 0,
            rename(temporary.string, path.string) == 0
        else { throw .current }
        isPending = false
        return try FileStatus(of: descriptor)
    }

    /// Leaves the final path as it was.
    package func discard() {
        if isPending {
            isPending = false
            unlink(temporary.string)
        }
    }
}
