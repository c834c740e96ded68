import FoundationEssentials
import Glibc
import Model
import ProviderKit

/// The files of one saved workspace on the host.
struct ArchiveDirectory: Sendable, Hashable {
    let path: String

    init(_ archive: ArchiveID, in configuration: LocalConfiguration) {
        path = "\(configuration.archivesDirectory)/\(archive)"
    }

    init(path: String) {
        self.path = path
    }

    var record: String { "\(path)/archive.json" }
    var lock: String { "\(path)/lock" }
    /// A snapshot or a copied root.
    var files: String { "\(path)/files" }
    /// A copy that is being made.
    var unfinished: String { "\(path)/unfinished" }

    /// Nil when nothing whole is here.
    ///
    /// - Throws: `archiveDamaged` when there is something that cannot be read, or was written by a later version.
    func readRecord() throws(DriverError) -> LocalArchiveRecord? {
        guard let bytes = try HostFile.read(record) else { return nil }
        let data = Data(bytes)
        do {
            let version = try JSONDecoder().decode(Version.self, from: data).version
            if version <= LocalArchiveRecord.currentVersion {
                return try JSONDecoder().decode(LocalArchiveRecord.self, from: data)
            }
        } catch {
            throw DriverError(.archiveDamaged, "the record of archive \(lastComponent(path)) cannot be read")
        }
        throw DriverError(.archiveDamaged, "archive \(lastComponent(path)) was written by a later version")
    }

    /// Makes the archive whole, and lasting.
    func write(_ record: LocalArchiveRecord) throws(DriverError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes: Data
        do {
            bytes = try encoder.encode(record)
        } catch {
            throw DriverError(.transient, "the record of archive \(lastComponent(path)) cannot be written")
        }
        try HostFile.replace(self.record, with: bytes, lasting: true)
    }

    /// Takes the archive for making or deleting it; nil when somebody else has it, or it has gone.
    func take() throws(DriverError) -> FileLock? {
        guard HostFile.status(path) != nil else { return nil }
        return try FileLock.attempt(lock)
    }

    private struct Version: Decodable {
        var version: Int
    }
}
