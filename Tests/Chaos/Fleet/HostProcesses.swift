import Fleet
import FoundationEssentials
import Glibc

/// Processes of this host, as `/proc` shows them.
enum HostProcesses {
    static func children(of parent: Int32) -> [ProcessIdentity] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }
            .filter { Self.parent(of: $0) == parent }
            .compactMap { ProcessIdentity(pid: $0) }
    }

    private static func parent(of pid: Int32) -> Int32? {
        guard let stat = TextFile.read("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 1 ? Int32(fields[1]) : nil
    }
}
