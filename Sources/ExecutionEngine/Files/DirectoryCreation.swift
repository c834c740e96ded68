import Glibc

/// Makes directories.
package enum DirectoryCreation {
    /// With `parents` an existing directory is as good as a new one, as for `mkdir -p`.
    package static func create(_ path: FilePath, parents: Bool, mode: UInt32) throws(SystemError) {
        do {
            try make(path, mode: mode)
        } catch {
            guard parents else { throw error }
            switch error.code {
            case ENOENT where path.parent.string != path.string:
                try create(path.parent, parents: true, mode: 0o755)
                try makeUnlessThere(path, mode: mode)
            case EEXIST: try check(path)
            default: throw error
            }
        }
    }

    private static func make(_ path: FilePath, mode: UInt32) throws(SystemError) {
        let place = try path.place()
        guard mkdirat(place.directory.number, place.name, mode) == 0 else { throw .current }
    }

    /// Somebody may have been faster.
    private static func makeUnlessThere(_ path: FilePath, mode: UInt32) throws(SystemError) {
        do {
            try make(path, mode: mode)
        } catch {
            guard error.code == EEXIST else { throw error }
        }
    }

    private static func check(_ path: FilePath) throws(SystemError) {
        guard try FileStatus(of: path, followingLinks: true).kind == .directory else {
            throw SystemError(code: ENOTDIR)
        }
    }
}
