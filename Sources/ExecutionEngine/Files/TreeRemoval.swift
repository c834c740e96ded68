import Glibc

/// Removes a file or a whole directory, a slice of the work at a time, so that a large tree does not hold up the loop.
///
/// Symbolic links are removed, never followed. It stops at the first error.
package final class TreeRemoval {
    private struct Level {
        var directory: OpenDirectory
        var name: String
    }

    private let path: FilePath
    private let recursive: Bool
    private var levels: [Level] = []
    /// Held until the end, so that what was resolved is what is removed.
    private var place: FilePlace?

    package init(_ path: FilePath, recursive: Bool) {
        self.path = path
        self.recursive = recursive
    }

    /// Removes about that many entries.
    ///
    /// Returns whether everything is gone.
    package func step(entries: Int) throws(SystemError) -> Bool {
        if place == nil, try begin() {
            return true
        }
        for _ in 0..<entries {
            guard let level = levels.last else { return true }
            if let name = try level.directory.nextName() {
                _ = try removeOrEnter(name, in: level.directory.number)
                continue
            }
            levels.removeLast()
            let parent = levels.last?.directory.number ?? place?.directory.number ?? -1
            if unlinkat(parent, level.name, AT_REMOVEDIR) != 0 {
                guard errno == ENOTEMPTY else { throw .current }
                // Somebody has put something into it meanwhile.
                try enter(level.name, in: parent)
            }
        }
        return levels.isEmpty
    }

    /// Returns whether it is gone already.
    private func begin() throws(SystemError) -> Bool {
        let place = try path.place()
        // A directory has a name to be removed by in the one above it alone.
        guard place.name != "." else { throw .invalidArgument }
        self.place = place
        return try removeOrEnter(place.name, in: place.directory.number)
    }

    /// Returns whether the entry is gone; a directory is entered instead.
    private func removeOrEnter(_ name: String, in directory: Int32) throws(SystemError) -> Bool {
        if unlinkat(directory, name, 0) == 0 {
            return true
        }
        let error = SystemError.current
        // Asked to remove a directory as a file, file systems answer either of these.
        guard error.code == EISDIR || error.code == EPERM else { throw error }
        guard try FileStatus(name: name, directory: directory, followingLinks: false).kind == .directory else {
            throw error
        }
        guard recursive else {
            guard unlinkat(directory, name, AT_REMOVEDIR) == 0 else { throw .current }
            return true
        }
        try enter(name, in: directory)
        return false
    }

    private func enter(_ name: String, in directory: Int32) throws(SystemError) {
        let number = openat(directory, name, OpenDirectory.flags | O_NOFOLLOW)
        levels.append(Level(directory: try OpenDirectory(number: number), name: name))
    }
}
