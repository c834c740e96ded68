import Glibc

/// Paths as callers give them: absolute, or relative to the workspace.
package struct FilePath: Hashable, Sendable {
    package let string: String

    package init(_ path: String, workspace: String) throws(SystemError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .invalidArgument }
        string = path.utf8.first == UInt8(ascii: "/") ? path : workspace + "/" + path
    }

    private init(string: String) {
        self.string = string
    }

    /// The part before the last name, without trailing slashes.
    var parent: FilePath {
        let trimmed = Self.trimmed(string)
        guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else {
            return FilePath(string: string.utf8.first == UInt8(ascii: "/") ? "/" : ".")
        }
        let parent = Self.trimmed(String(decoding: trimmed[..<slash], as: UTF8.self))
        return FilePath(string: parent.isEmpty ? "/" : String(decoding: parent, as: UTF8.self))
    }

    func appending(_ name: String) -> FilePath {
        FilePath(string: string + "/" + name)
    }

    /// Where a chain of symbolic links ends, if it does.
    var resolved: FilePath? {
        guard let pointer = realpath(string, nil) else { return nil }
        defer { free(pointer) }
        return FilePath(string: String(cString: pointer))
    }

    private static func trimmed(_ path: String) -> Substring.UTF8View {
        var bytes = Substring(path).utf8
        while bytes.last == UInt8(ascii: "/") {
            bytes.removeLast()
        }
        return bytes
    }
}
