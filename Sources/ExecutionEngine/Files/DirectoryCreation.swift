import Glibc

/// Makes directories.
package enum DirectoryCreation {
    /// With `parents` an existing directory is as good as a new one, as for `mkdir -p`.
    package static func create(_ path: FilePath, parents: Bool, mode: UInt32) throws(SystemError) {
        if mkdir(path.string, mode) == 0 {
            return
        }
        let error = SystemError.current
        guard parents else { throw error }
        switch error.code {
        case ENOENT where path.parent != path:
            try create(path.parent, parents: true, mode: 0o755)
            guard mkdir(path.string, mode) == 0 || errno == EEXIST else { throw .current }
        case EEXIST:
            guard try FileStatus(of: path, followingLinks: true).kind == .directory else {
                throw SystemError(code: ENOTDIR)
            }
        default: throw error
        }
    }
}
