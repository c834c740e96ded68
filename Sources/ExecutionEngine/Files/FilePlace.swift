import Glibc

/// A single name in a directory that is held, so that nobody can put another directory in its place.
///
/// What calls act on that do not open a file.
struct FilePlace {
    let directory: Descriptor
    /// `.` for the directory itself.
    let name: String

    /// What is there, be it a symbolic link.
    func status() throws(SystemError) -> FileStatus {
        try FileStatus(name: name, directory: directory.number, followingLinks: false)
    }

    /// Another name in the same directory.
    func beside(_ name: String) -> FilePlace {
        FilePlace(directory: directory, name: name)
    }
}
