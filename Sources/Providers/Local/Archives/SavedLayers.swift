import Glibc
import ProviderKit

/// Layers that were boxes' own files once: never changed, shared by boxes and archives, and removed with the last of them.
///
/// Who comes to refer to a layer writes that down under the lock, so that a search sees all references.
struct SavedLayers: Sendable {
    let configuration: LocalConfiguration

    /// From the directory of a box.
    static func relativePath(_ name: String) -> String { "../../saved/\(name)" }

    func path(_ name: String) -> String { "\(configuration.savedLayersDirectory)/\(name)" }

    func exists(_ name: String) -> Bool { HostFile.status(path(name))?.isDirectory == true }

    func lock() throws(DriverError) -> FileLock {
        try FileLock(waitingFor: "\(configuration.savedLayersDirectory)/lock")
    }

    /// A name that no layer has; it begins with whose files it holds.
    func freshName(for archive: String) -> String {
        var number = 1
        while HostFile.status(path("\(archive).\(number)")) != nil { number += 1 }
        return "\(archive).\(number)"
    }

    /// Those of the given layers that nobody refers to any more; nil asks of all.
    ///
    /// None while anything that might refer to one cannot be read.
    func unreferenced(of names: [String]? = nil) throws(DriverError) -> [String] {
        if let names, names.isEmpty { return [] }
        let present = try HostFile.names(in: configuration.savedLayersDirectory) ?? []
        let candidates = names ?? present
        guard !candidates.isEmpty, let used = try references() else { return [] }
        return candidates.filter { !used.contains($0) && exists($0) }
    }

    private func references() throws(DriverError) -> Set<String>? {
        do throws(DriverError) {
            var used: Set<String> = []
            for name in try HostFile.names(in: configuration.archivesDirectory) ?? [] {
                let archive = ArchiveDirectory(path: "\(configuration.archivesDirectory)/\(name)")
                used.formUnion(try archive.readRecord()?.layers ?? [])
            }
            for name in try HostFile.names(in: configuration.boxesDirectory) ?? [] {
                let record = try BoxDirectory(path: "\(configuration.boxesDirectory)/\(name)").readRecord()
                used.formUnion(record?.allLayers ?? [])
            }
            return used
        } catch {
            guard error.kind == .archiveDamaged || error.kind == .transient else { throw error }
            return nil
        }
    }
}
