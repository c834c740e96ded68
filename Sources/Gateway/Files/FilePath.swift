import Model

/// Paths in a sandbox: absolute, or relative to `/workspace`.
enum FilePath {
    static let workspace = "/workspace"
    private static let longest = 4096

    /// The path as it was given, when it is one that may be handed on.
    ///
    /// `..` is left to the box, where links are known, but may not lead above the root by its spelling.
    static func checked(_ path: String) throws(Fault) -> String {
        guard !path.isEmpty, path.utf8.count <= longest, !path.utf8.contains(0) else {
            throw invalid("is empty, too long, or holds a NUL")
        }
        var depth = path.hasPrefix("/") ? 0 : 1
        for part in path.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            guard depth >= 0 else { throw invalid("leads above the root") }
        }
        return path
    }

    /// The same, of a file that is to be put in place.
    ///
    /// Files are replaced in one step, which devices and what the kernel shows as files cannot be.
    static func checkedTarget(_ path: String) throws(Fault) -> String {
        let path = try checked(path)
        let parts = parts(of: path)
        let isKernels = ["dev", "proc", "sys"].contains(parts.first) && parts.prefix(2) != ["dev", "shm"]
        guard !isKernels else {
            throw Fault(
                .permissionDenied,
                "What lies in /\(parts[0]) cannot be replaced by a file.",
                details: ["parameter": "path"]
            )
        }
        return path
    }

    /// The names from the root on, by the path's spelling.
    private static func parts(of path: String) -> [Substring] {
        var parts = path.hasPrefix("/") ? [] : workspace.split(separator: "/")
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts
    }

    private static func invalid(_ what: String) -> Fault {
        Fault(
            .invalidPath,
            "The path \(what).",
            hint: "Paths are absolute, or relative to \(workspace).",
            details: ["parameter": "path"]
        )
    }
}
