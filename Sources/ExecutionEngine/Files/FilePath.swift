import CLinux
import Glibc

/// Paths as callers give them: absolute, or relative to the workspace.
package struct FilePath: Sendable {
    /// Beneath a root it is relative to that.
    package let string: String
    private let root: FileRoot?

    package init(_ path: String, workspace: String, root: FileRoot? = nil) throws(SystemError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .invalidArgument }
        let absolute = path.utf8.first == UInt8(ascii: "/") ? path : workspace + "/" + path
        self.root = root
        string = try root.map { root throws(SystemError) in try root.relative(absolute) } ?? absolute
    }

    private init(string: String, root: FileRoot?) {
        self.string = string
        self.root = root
    }

    /// The part before the last name, without trailing slashes.
    var parent: FilePath {
        let trimmed = Self.trimmed(string)
        guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else {
            return FilePath(string: string.utf8.first == UInt8(ascii: "/") ? "/" : ".", root: root)
        }
        let parent = Self.trimmed(String(decoding: trimmed[..<slash], as: UTF8.self))
        return FilePath(string: parent.isEmpty ? "/" : String(decoding: parent, as: UTF8.self), root: root)
    }

    /// Empty for the top of the file system.
    private var lastName: String {
        let trimmed = Self.trimmed(string)
        let name = trimmed.lastIndex(of: UInt8(ascii: "/")).map { trimmed[trimmed.index(after: $0)...] } ?? trimmed
        return String(decoding: name, as: UTF8.self)
    }

    /// Where this path leads when it is a symbolic link to `target`.
    func following(_ target: String) throws(SystemError) -> FilePath {
        guard target.utf8.first == UInt8(ascii: "/") else {
            return FilePath(string: parent.string + "/" + target, root: root)
        }
        // The kernel follows none beneath a root either.
        guard root == nil else { throw .outsideRoot }
        return FilePath(string: target, root: nil)
    }

    static func trimmed(_ path: String) -> Substring.UTF8View {
        var bytes = Substring(path).utf8
        while bytes.last == UInt8(ascii: "/") {
            bytes.removeLast()
        }
        return bytes
    }
}

// MARK: Opening

extension FilePath {
    /// Names a file without opening it.
    package static let handle = Int32(LINUX_OPEN_HANDLE)

    /// Opens what is there, at the end of symbolic links.
    package func open(_ flags: Int32) throws(SystemError) -> Descriptor {
        if let root {
            return try root.open(string, flags)
        }
        return try Descriptor(owning: Glibc.open(string, flags | O_CLOEXEC))
    }

    /// The last name and the directory that it is in, which has to exist; a symbolic link of that name is not followed.
    func place() throws(SystemError) -> FilePlace {
        let name = lastName
        // They name no entry of a directory but the directory itself.
        guard !["", ".", ".."].contains(name) else {
            return FilePlace(directory: try open(Self.handle | O_DIRECTORY), name: ".")
        }
        return FilePlace(directory: try parent.open(Self.handle | O_DIRECTORY), name: name)
    }
}
