import Glibc

/// Renames files and directories.
package enum FileMove {
    package static func move(_ source: FilePath, to destination: FilePath) throws(SystemError) {
        guard rename(source.string, destination.string) == 0 else { throw .current }
    }
}
