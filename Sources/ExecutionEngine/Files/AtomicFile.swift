import Glibc

/// A file that is written beside its final place, and moved there when it is whole.
///
/// A reader of the final path sees the old file or the new one, never a part.
package final class AtomicFile {
    /// As many as Linux follows itself.
    private static let maximumLinks = 40

    package let descriptor: Descriptor
    private let place: FilePlace
    private let temporary: FilePlace
    private let previousMode: UInt32?
    private var isPending = true

    /// Through a symbolic link the file that it points to is replaced.
    package init(replacing requested: FilePath, createParents: Bool) throws(SystemError) {
        if createParents {
            try DirectoryCreation.create(requested.parent, parents: true, mode: 0o755)
        }
        guard requested.string.utf8.last != UInt8(ascii: "/") else { throw SystemError(code: EISDIR) }
        let existing: FileStatus?
        (place, existing) = try Self.end(of: requested)
        if existing?.kind == .directory {
            throw SystemError(code: EISDIR)
        }
        previousMode = existing?.kind == .regular ? existing?.mode : nil
        temporary = place.beside(".sandfleet-\(String(UInt64.random(in: .min ... .max), radix: 36)).partial")
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        descriptor = try Descriptor(owning: openat(temporary.directory.number, temporary.name, flags, 0o600))
    }

    /// Where a chain of symbolic links ends, and what is there; a link that leads to nothing is an end itself.
    private static func end(of requested: FilePath) throws(SystemError) -> (place: FilePlace, existing: FileStatus?) {
        var path = requested
        for _ in 0...maximumLinks {
            do {
                let place = try path.place()
                let status = try place.status()
                guard status.kind == .symbolicLink, let target = status.target else { return (place, status) }
                path = try path.following(target)
            } catch {
                guard error.code == ENOENT else { throw error }
                return (try requested.place(), nil)
            }
        }
        throw SystemError(code: ELOOP)
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
            renameat(temporary.directory.number, temporary.name, place.directory.number, place.name) == 0
        else { throw .current }
        isPending = false
        return try FileStatus(of: descriptor)
    }

    /// Leaves the final path as it was.
    package func discard() {
        if isPending {
            isPending = false
            unlinkat(temporary.directory.number, temporary.name, 0)
        }
    }
}
