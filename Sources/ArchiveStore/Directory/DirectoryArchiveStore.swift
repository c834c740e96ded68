import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// Objects as files below one directory, on this host or on a file system that hosts share.
///
/// An object is written aside, made durable and then renamed to its place, so it is there whole or not at all.
package final class DirectoryArchiveStore: ArchiveStore {
    /// How much of an object is read at once.
    static let pieceLength = 256 * 1024
    /// A folder may be removed as empty while an object moves into it, so the move is tried again.
    private static let moveAttempts = 100

    private let root: String
    private let isSwept = NIOLockedValueBox(false)

    /// - Parameter root: A directory that exists.
    package init(_ root: String) {
        self.root = root
    }

    /// Throws unless the directory is there and can be written to.
    package func check() async throws {
        let root = root
        try await ArchiveThreads.run { () throws(ArchiveError) in
            try Self.expectDirectory(root)
            guard access("\(root)/.", R_OK | W_OK | X_OK) == 0 else { throw .system("use", root) }
        }
    }

    @discardableResult
    package func put(_ name: String, _ body: (any ArchiveWriter) async throws -> Void) async throws -> Int64 {
        let checked = try ArchiveName(name)
        let file = try await ArchiveThreads.run { () throws(ArchiveError) in try self.begin(name) }
        do {
            try await body(file)
            try Task.checkCancellation()
            return try await ArchiveThreads.run { () throws(ArchiveError) in
                let size = try file.complete()
                try self.place(file, checked)
                return size
            }
        } catch {
            try await ArchiveThreads.run { () throws(ArchiveError) in file.discard() }
            throw error
        }
    }

    package func get(_ name: String) async throws -> ArchiveObject {
        let path = path(try ArchiveName(name))
        let root = root
        let (file, size) = try await ArchiveThreads.run { () throws(ArchiveError) in
            do throws(ArchiveError) {
                let file = try ArchiveFile(path, flags: O_RDONLY, name: name)
                return (file, Int64(try file.status().st_size))
            } catch  where error.code == .notFound {
                try Self.expectDirectory(root)
                throw error
            }
        }
        return ArchiveObject(size: size) { offset in
            try await ArchiveThreads.run { () throws(ArchiveError) in
                try file.read(at: offset, limit: Int(min(Int64(Self.pieceLength), size - offset)))
            }
        }
    }

    package func delete(_ name: String) async throws {
        let checked = try ArchiveName(name)
        try await ArchiveThreads.run { () throws(ArchiveError) in
            guard unlink(self.path(checked)) == 0 || errno == ENOENT || errno == ENOTDIR else {
                throw .system("delete", name)
            }
            // Up to the first folder that still holds something.
            var parts = ArchiveLayout.folder(checked.folder)
            while !parts.isEmpty, rmdir(self.path(parts)) == 0 || errno == ENOENT { parts.removeLast() }
        }
    }

    package func list(_ prefix: String) async throws -> ArchiveListing {
        let (folder, beginning) = try ArchiveName.prefix(prefix)
        let root = root
        let walk = try await ArchiveThreads.run { () throws(ArchiveError) in
            try Self.expectDirectory(root)
            return NIOLockedValueBox(try DirectoryWalk(root: root, folder: folder, beginning: beginning))
        }
        return ArchiveListing {
            try await ArchiveThreads.run { () throws(ArchiveError) in
                try walk.withLockedValue { walk in
                    Result { () throws(ArchiveError) in try walk.page() }
                }
                .get()
            }
        }
    }
}

/// The blocking halves.
extension DirectoryArchiveStore {
    /// Nothing is known of any object while the whole directory is away, as before a file system is mounted.
    private static func expectDirectory(_ root: String) throws(ArchiveError) {
        guard access(root, F_OK) == 0 else {
            throw ArchiveError(.unavailable, "the directory is not there: \(root)")
        }
    }

    private func begin(_ name: String) throws(ArchiveError) -> IncomingFile {
        let folder = path([ArchiveLayout.incoming])
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            let error = ArchiveError.system("mkdir", root)
            try Self.expectDirectory(root)
            throw error
        }
        let mustSweep = isSwept.withLockedValue { isSwept in
            defer { isSwept = true }
            return !isSwept
        }
        if mustSweep { try IncomingFile.sweep(folder) }
        return try IncomingFile(in: folder, name: name)
    }

    private func place(_ file: IncomingFile, _ name: ArchiveName) throws(ArchiveError) {
        let folder = ArchiveLayout.folder(name.folder)
        for _ in 0..<Self.moveAttempts {
            try make(folder)
            guard try file.move(to: path(name)) else { continue }
            // All the way up: a directory that somebody else has just made may not be durable yet.
            for count in stride(from: folder.count, through: 0, by: -1) { try sync(Array(folder.prefix(count))) }
            return
        }
        throw ArchiveError(.unavailable, "its folder does not stay: \(name.leaf)")
    }

    private func make(_ parts: [String]) throws(ArchiveError) {
        for count in 0..<parts.count {
            let folder = parts.prefix(count + 1)
            // One that vanishes in between is made in the next attempt.
            guard mkdir(path(Array(folder)), 0o700) == 0 || errno == EEXIST || errno == ENOENT else {
                throw .system("mkdir", folder.joined(separator: "/"))
            }
        }
    }

    private func sync(_ parts: [String]) throws(ArchiveError) {
        do throws(ArchiveError) {
            try ArchiveFile(path(parts), flags: O_RDONLY | O_DIRECTORY, name: parts.last ?? root).sync()
        } catch  where error.code == .notFound && !parts.isEmpty {
            // Somebody has deleted the object already.
        }
    }

    private func path(_ parts: [String]) -> String { ([root] + parts).joined(separator: "/") }

    private func path(_ name: ArchiveName) -> String { path(ArchiveLayout.folder(name.folder) + [name.leaf]) }
}
