import Glibc
import Model
import ProviderKit

extension BoxKeeper {
    /// Takes an archive away, and the layers that nobody else needs.
    ///
    /// - Returns: Where files wait for removal; nothing when there is no such archive.
    func discard(_ archive: ArchiveID) throws(DriverError) -> [String] {
        let directory = ArchiveDirectory(archive, in: configuration)
        guard HostFile.status(directory.path) != nil else { return [] }
        guard let lock = try directory.take() else {
            guard HostFile.status(directory.path) != nil else { return [] }
            throw DriverError(.conflict, "another operation on this archive is under way")
        }
        _ = lock
        // What cannot be read is deleted because somebody asked for that; layers that it may have named stay until a search
        // can tell.
        let layers = (try? directory.readRecord())?.layers ?? []
        let trash = try moveToTrash(directory.path)
        return [trash] + (try releaseLayers(layers))
    }

    func archives() throws(DriverError) -> [ArchiveID] {
        var archives: [ArchiveID] = []
        for name in try HostFile.names(in: configuration.archivesDirectory) ?? [] {
            guard let id = ArchiveID(name) else { continue }
            let record = try? ArchiveDirectory(id, in: configuration).readRecord()
            if record.map({ $0.fleet == configuration.fleet }) ?? true { archives.append(id) }
        }
        return archives
    }

    /// Throws away what is half saved, and layers that nobody needs.
    func recoverArchives(_ recovery: inout Recovery) throws(DriverError) {
        for name in try HostFile.names(in: configuration.archivesDirectory) ?? [] {
            let directory = ArchiveDirectory(path: "\(configuration.archivesDirectory)/\(name)")
            do throws(DriverError) {
                // Somebody saves it at this moment.
                guard let lock = try directory.take() else { continue }
                _ = lock
                if try directory.readRecord() == nil { recovery.trash.append(try moveToTrash(directory.path)) }
            } catch {
                recovery.unreadable.append(name)
            }
        }
        _ = try releaseLayers(nil)
    }
}
