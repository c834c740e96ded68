import ExecutionEngine
import Glibc

/// The environment that a box's processes start with.
struct Environment {
    private static let defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// `NAME=value` entries, each name once.
    private let entries: [(name: Substring, entry: String)]
    private let list: [String]

    /// These entries, with a `PATH` in any case, and the home.
    ///
    /// - Parameters:
    ///   - home: Wins over what the entries say.
    ///   - otherwise: The home when the entries say nothing.
    init(_ given: [String], home: String?, otherwise: String) {
        let all = [Self.defaultPath, "HOME=\(otherwise)"] + given + (home.map { ["HOME=\($0)"] } ?? [])
        var last: [Substring: Int] = [:]
        for (index, entry) in all.enumerated() {
            last[Self.name(of: entry)] = index
        }
        entries = all.enumerated().map { (Self.name(of: $1), $1) }.enumerated()
            .filter { last[$1.0] == $0 }.map(\.1)
        list = entries.map(\.entry)
    }

    /// What the daemon was started with; what was handed over for its programs comes last, and wins.
    static var own: [String] {
        var all: [String] = []
        var handed: [String] = []
        var next = environ
        while let pointer = next.pointee {
            let entry = String(cString: pointer)
            if let unwrapped = HandedVariable.unwrapped(entry) { handed.append(unwrapped) } else { all.append(entry) }
            next += 1
        }
        return all + handed
    }

    /// The entries with these replaced or added.
    func replacing(_ others: [String]) -> [String] {
        guard !others.isEmpty else { return list }
        let names = Set(others.map(Self.name))
        return entries.filter { !names.contains($0.name) }.map(\.entry) + others
    }

    private static func name(of entry: String) -> Substring {
        Substring(entry.utf8.prefix { $0 != UInt8(ascii: "=") })
    }
}
