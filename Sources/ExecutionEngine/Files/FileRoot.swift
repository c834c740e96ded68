import CLinux
import Glibc

/// A directory that paths cannot leave.
///
/// It is held open, and the kernel resolves every path beneath it: whatever others link or move meanwhile, what was resolved
/// lies in it.
package final class FileRoot: Sendable {
    private let directory: Descriptor

    /// What its absolute paths begin with: as it was named, and as it is.
    private let names: [String]

    package init(_ path: String) throws(SystemError) {
        directory = try Descriptor(owning: Glibc.open(path, FilePath.handle | O_DIRECTORY | O_CLOEXEC))
        var names = [path]
        if let real = realpath(path, nil) {
            names.append(String(cString: real))
            free(real)
        }
        self.names = names.map { String(decoding: FilePath.trimmed($0), as: UTF8.self) }
        // A kernel without the call is found out now, and not by whoever wants to read a file.
        _ = try open(".", FilePath.handle)
    }

    /// The path as it is seen from here; an absolute one has to be below.
    func relative(_ path: String) throws(SystemError) -> String {
        guard path.utf8.first == UInt8(ascii: "/") else { return path }
        for name in names where path.utf8.starts(with: name.utf8) {
            let rest = path.utf8.dropFirst(name.utf8.count)
            if let next = rest.first, next != UInt8(ascii: "/") { continue }
            let relative = Substring(rest.drop { $0 == UInt8(ascii: "/") })
            return relative.isEmpty ? "." : String(relative)
        }
        throw .outsideRoot
    }

    func open(_ path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
        do {
            return try Descriptor(owning: linux_open_beneath(directory.number, path, flags | O_CLOEXEC))
        } catch {
            throw error.code == EXDEV ? .outsideRoot : error
        }
    }
}
