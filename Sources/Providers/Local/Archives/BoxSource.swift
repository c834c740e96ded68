import Glibc
import Model
import ProviderKit

/// An archive that a box is made from; it cannot be deleted meanwhile.
final class BoxSource {
    let id: ArchiveID
    let record: LocalArchiveRecord
    let directory: ArchiveDirectory
    private let lock: FileLock

    init(_ id: ArchiveID, in configuration: LocalConfiguration) throws(DriverError) {
        self.id = id
        directory = ArchiveDirectory(id, in: configuration)
        guard let lock = try FileLock.share(directory.lock), let record = try directory.readRecord(),
            record.fleet == configuration.fleet
        else {
            throw DriverError(.archiveDamaged, "archive \(id) does not exist on this host")
        }
        self.lock = lock
        self.record = record
        let saved = SavedLayers(configuration: configuration)
        let isWhole =
            record.layers.allSatisfy(saved.exists)
            && (record.way == .layers || HostFile.status(directory.files)?.isDirectory == true)
        guard isWhole else { throw DriverError(.archiveDamaged, "files of archive \(id) are missing") }
    }

    var hasPlainRoot: Bool { HostFile.status("\(directory.files)/root") != nil }
}
