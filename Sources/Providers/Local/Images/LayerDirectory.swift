import Glibc
import ProviderKit

/// Layers that many boxes share, each made once and never changed.
struct LayerDirectory: Sendable {
    let path: String

    init(path: String) throws(DriverError) {
        self.path = path
        try HostFile.makeDirectories(path)
    }

    /// The path of a layer, which is filled first when there is none; nobody sees a layer half filled.
    func make(_ name: String, fill: (String) throws(DriverError) -> Void) throws(DriverError) -> String {
        let layer = "\(path)/\(name)"
        if HostFile.status(layer) != nil { return layer }
        let lock = try FileLock(waitingFor: "\(path)/lock")
        _ = lock
        if HostFile.status(layer) != nil { return layer }
        let unfinished = "\(path)/unfinished"
        try FileTree.remove(unfinished)
        try HostFile.makeDirectory(unfinished, mode: 0o755)
        try fill(unfinished)
        guard rename(unfinished, layer) == 0 else { throw .system("cannot publish a layer") }
        return layer
    }

    /// Removes layers of the host that no box is mounted over and no new box will use.
    func prune(keeping wanted: Set<String>) throws(DriverError) {
        let lock = try FileLock(waitingFor: "\(path)/lock")
        _ = lock
        for name in try HostFile.names(in: path) ?? [] {
            let layer = "\(path)/\(name)"
            guard name.hasPrefix("host-") || name.hasPrefix("base-"), !wanted.contains(layer) else { continue }
            try FileTree.remove(layer)
        }
    }
}
