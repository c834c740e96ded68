/// Paths as `cp` reads them.
enum PathName {
    /// The last name of a path; of `a/..` and the like there is none.
    static func last(_ path: String) -> String? {
        guard let name = path.split(separator: "/").last, name != ".", name != ".." else { return nil }
        return String(name)
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// Whether the path stands for what a directory holds: `a/.` or `.`.
    static func meansContents(_ path: String) -> Bool {
        path.hasSuffix("/.") || path == "."
    }

    /// Where a copy of the source goes, given whether the target is a directory already.
    static func destination(of source: String, at target: String, targetIsDirectory: Bool) -> String {
        guard targetIsDirectory || target.hasSuffix("/"), !meansContents(source), let name = last(source) else {
            return target
        }
        return join(target, name)
    }
}
