import Glibc

/// Renames files and directories.
package enum FileMove {
    package static func move(_ source: FilePath, to destination: FilePath) throws(SystemError) {
        let from = try source.place()
        let into = try destination.place()
        guard renameat(from.directory.number, from.name, into.directory.number, into.name) == 0 else {
            throw .current
        }
    }
}
