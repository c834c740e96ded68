import Glibc

/// Goes through the objects below a folder, with one open directory for each level and nothing else in memory.
struct DirectoryWalk: Sendable {
    static let pageLength = 256

    private struct Level: Sendable {
        let entries: DirectoryEntries
        let path: String
        /// The names of what is in it begin with this; ends with a slash, except at the root.
        let name: String
        /// Holds folders, whose names end alike; else it holds objects and shards.
        let isShard: Bool
    }

    private var levels: [Level] = []
    /// What names begin with, behind the folder that the walk starts at.
    private let beginning: String

    init(root: String, folder: [String], beginning: String) throws(ArchiveError) {
        self.beginning = beginning
        let path = ([root] + ArchiveLayout.folder(folder)).joined(separator: "/")
        try enter(path, name: folder.map { $0 + "/" }.joined(), isShard: false)
    }

    mutating func page() throws(ArchiveError) -> [String] {
        var names: [String] = []
        while names.count < Self.pageLength, let level = levels.last {
            guard let entry = level.entries.next() else {
                levels.removeLast()
                continue
            }
            if level.isShard {
                guard levels.count > 2 || entry.hasPrefix(beginning) else { continue }
                try enter("\(level.path)/\(entry)", name: "\(level.name)\(entry)/", isShard: false)
            } else if ArchiveLayout.isShard(entry) {
                try enter("\(level.path)/\(entry)", name: level.name, isShard: true)
            } else if ArchiveLayout.isObject(entry), levels.count > 1 || entry.hasPrefix(beginning) {
                names.append(level.name + entry)
            }
        }
        return names
    }

    private mutating func enter(_ path: String, name: String, isShard: Bool) throws(ArchiveError) {
        if let entries = DirectoryEntries(path) {
            levels.append(Level(entries: entries, path: path, name: name, isShard: isShard))
        } else if errno != ENOENT {
            // One that has just become empty is gone.
            throw .system("open", name)
        }
    }
}
