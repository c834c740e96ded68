import Glibc

/// Opens a file for somebody else to read.
package enum FileReading {
    /// Only regular files: a pipe or a device could make its reader wait for ever.
    package static func open(_ path: FilePath) throws(SystemError) -> (Descriptor, FileStatus) {
        let descriptor = try path.open(O_RDONLY | O_NONBLOCK | O_NOCTTY)
        let status = try FileStatus(of: descriptor)
        guard status.kind == .regular else {
            throw SystemError(code: status.kind == .directory ? EISDIR : EINVAL)
        }
        return (descriptor, status)
    }
}
